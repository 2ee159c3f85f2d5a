# Everything here creates the environment it needs; Python and make are enough.
#   make environments  nothing but the environments
#   make demo          the quickstart: BayesSearchCV beside scikit-learn's own searches
#   make test          the tests
#   make test-oldest   the tests, on the oldest supported releases (needs Python 3.10 or 3.11)
#   make check         format, lint, types
#   make docs          the documentation, into docs/_build/html
#   make bench         the benchmarks, side by side with their peers
#   make clean         remove the environments and what was built

PYTHON ?= python3
# The oldest releases have wheels for Python 3.10 and 3.11 only.
OLDEST_PYTHON ?= $(firstword $(shell command -v python3.11 python3.10) $(PYTHON))
VENV ?= .venv
OLDEST ?= .venv-oldest
comma = ,
OLDEST_ENVIRONMENT = $(shell $(OLDEST_PYTHON) -c "import sys; print('$(OLDEST)/.test' * (sys.version_info < (3, 12)))")
FACTS = setup.cfg pyproject.toml skhpo/_version.py Makefile

# $(call install,venv,constraints,extras,python): one environment, stamped: it is made once
define install
	$(4) -m venv $(1)
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check \
		-c $(2) -e ".[$(3)]"
	touch $@
endef

.PHONY: environments demo test test-oldest check format docs bench clean

# All that the targets below need, but for the benchmarks.
environments: $(VENV)/.plot $(VENV)/.check $(VENV)/.docs $(VENV)/.test $(OLDEST_ENVIRONMENT)

demo: $(VENV)/.plot
	$(VENV)/bin/python examples/quickstart.py

test: $(VENV)/.test
	$(VENV)/bin/python -m pytest $(ARGS)

# Where neither Python is there, say so and go on: other machines test them.
ifneq ($(OLDEST_ENVIRONMENT),)
test-oldest: $(OLDEST)/.test
	$(OLDEST)/bin/python -m pytest $(ARGS)
else
test-oldest:
	@echo "SKIPPED: the oldest supported releases need Python 3.10 or 3.11, see OLDEST_PYTHON"
endif

check: $(VENV)/.check
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

format: $(VENV)/.check
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

docs: $(VENV)/.docs
	$(VENV)/bin/python -m sphinx -W --keep-going -b html docs docs/_build/html

bench: $(VENV)/.bench
	-$(VENV)/bin/python benchmarks/search_overhead.py
	-$(VENV)/bin/python benchmarks/utilisation.py
	-OMP_NUM_THREADS=1 $(VENV)/bin/python benchmarks/gp_proposal.py
	-OMP_NUM_THREADS=1 $(VENV)/bin/python benchmarks/dummy_search.py
	-OMP_NUM_THREADS=1 $(VENV)/bin/python benchmarks/early_stopping.py
	-OMP_NUM_THREADS=1 $(VENV)/bin/python benchmarks/racing.py
	-OMP_NUM_THREADS=1 $(VENV)/bin/python benchmarks/cluster.py
	-OMP_NUM_THREADS=1 $(VENV)/bin/python benchmarks/population.py
	-OMP_NUM_THREADS=1 $(VENV)/bin/python benchmarks/neural.py
	-OMP_NUM_THREADS=1 $(VENV)/bin/python benchmarks/population_training.py
	-OMP_NUM_THREADS=1 $(VENV)/bin/python benchmarks/importance.py
	-OMP_NUM_THREADS=1 $(VENV)/bin/python benchmarks/journal.py
	-OMP_NUM_THREADS=1 $(VENV)/bin/python benchmarks/dashboard.py
	-$(VENV)/bin/python benchmarks/import_time.py

clean:
	rm -rf $(VENV) $(OLDEST) build docs/_build docs/gallery docs/api/generated .*_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/.plot: constraints.txt $(FACTS)
	$(call install,$(VENV),constraints.txt,plot,$(PYTHON))

$(VENV)/.test: constraints.txt $(FACTS)
	$(call install,$(VENV),constraints.txt,test$(comma)neural,$(PYTHON))

$(VENV)/.check: constraints.txt $(FACTS)
	$(call install,$(VENV),constraints.txt,check$(comma)test,$(PYTHON))

$(VENV)/.docs: constraints.txt $(FACTS)
	$(call install,$(VENV),constraints.txt,docs$(comma)test$(comma)neural,$(PYTHON))

$(VENV)/.bench: constraints.txt $(FACTS)
	$(call install,$(VENV),constraints.txt,bench$(comma)neural,$(PYTHON))

$(OLDEST)/.test: constraints-oldest.txt $(FACTS)
	$(call install,$(OLDEST),constraints-oldest.txt,test,$(OLDEST_PYTHON))
