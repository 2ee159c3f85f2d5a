"""Settings of the documentation. `make docs` builds it."""

import os
import re
import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(root), str(root / "tests")]
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the examples' nets are small

# The examples' images, where they are beside the repository.
images = root.parent / "shared" / "data" / "fashion-mnist-small"
if images.is_dir():
    os.environ.setdefault("SCIKIT_LEARN_DATA", str(images))

from with_torchvision import named_operators  # noqa: E402

from skhpo import __version__ as release  # noqa: E402

project = "skhpo"
author = "The skhpo developers"
copyright = "2026, the skhpo developers"
version = release

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
    "numpydoc",
]
html_theme = "furo"
html_title = f"skhpo {release}"
html_static_path = ["_static"]
exclude_patterns = ["_build"]
nitpicky = False

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings name the types
autodoc_default_options = {"inherited-members": True}
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

sphinx_gallery_conf = {
    "examples_dirs": ["../examples"],
    "gallery_dirs": ["gallery"],
    "filename_pattern": r"\.py$",
    "within_subsection_order": "FileNameSortKey",
    "show_memory": False,
    "abort_on_example_error": True,
    "only_warn_on_example_error": False,
    "download_all_examples": False,
    "min_reported_time": 1_000_000,
}


def plain_references(app, what, name, obj, options, lines):
    """Turn references in inherited docstrings into words: their targets are in others' docs."""
    if str(getattr(obj, "__module__", "")).partition(".")[0] in ("sklearn", "skorch"):
        # As literals: a name that ends in an underscore would be a reference again.
        reference = re.compile(r":(?:ref|term):`([^`<]+?)\s*(?:<[^`]*>)?`")
        lines[:] = [reference.sub(r"``\1``", line) for line in lines]


def setup(app):
    operators = named_operators()  # until the end of the build: examples need torchvision
    operators.__enter__()
    app.connect("build-finished", lambda app, error: operators.__exit__(None, None, None))
    app.connect("autodoc-process-docstring", plain_references)
