"""
Watching a search
=================

Nobody has to wait for a search without knowing how it does. Code of your own is told what happens
and may stop it; another thread asks how far it is, lets it pause and go on; and what came of it is
a page to send to others.
"""

# %%
# 600 handwritten digits, and a support vector machine.
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhpo import BayesSearchCV, Float
from skhpo.callbacks import Callback
from skhpo.control import Control
from skhpo.status import status

X, y = load_digits(return_X_y=True)
X, _, y, _ = train_test_split(X, y, train_size=600, random_state=0, stratify=y)
pipeline = make_pipeline(StandardScaler(), SVC())
space = {"svc__C": Float(1e-2, 1e3, log=True), "svc__gamma": Float(1e-4, 1e1, log=True)}


# %%
# **A callback of your own** overrides the hooks it needs. This one tells of each new best, and
# returns True, which stops the search, once that is good enough. The search then warns of what was
# left untried.
class GoodEnough(Callback):
    def __init__(self, score):
        self.score = score

    def on_best(self, history, evaluation):
        trial = history.trials[evaluation.trial]
        print(f"trial {trial.number:2}: {evaluation.score:.4f} with {trial.params}")
        return evaluation.score >= self.score


search = BayesSearchCV(
    pipeline, space, n_iter=30, cv=3, random_state=0, callbacks=GoodEnough(0.969)
).fit(X, y)
n_tried = len(search.cv_results_["params"])
print(f"{n_tried} of {search.n_iter} configurations, ended by: {search.stop_reason_}")

# %%
# **A search in a thread** leaves yours free. A ``Control`` is the callback that both hold on to.
control = Control()
search = BayesSearchCV(pipeline, space, n_iter=30, cv=3, random_state=0, callbacks=control)
thread = Thread(target=search.fit, args=(X, y))


def wait_until(reached):
    """Look at the search ten times a second, until something is true of its status."""
    while thread.is_alive() and not reached(status(control)):
        time.sleep(0.1)


print(status(control).state)
thread.start()
wait_until(lambda found: found.n_fits >= 30)

# %%
# While it is paused nothing new is started, however long one waits. How far it is can be read in
# Python, or as JSON by other programs.
control.pause()
wait_until(lambda found: found.state == "paused")
paused = status(control)
print(f"{paused.state} after {paused.n_fits} of {paused.n_fits_expected} fits")
print(f"best so far {paused.best_score:.4f}, about {paused.seconds_left:.1f} s left")
print(paused.to_json())

time.sleep(2)
print(f"two seconds later: {status(control).n_fits} fits")

# %%
# It goes on as if nothing had happened.
control.resume()
thread.join()
ended = status(control)
print(f"{ended.state} ({ended.stop_reason}) after {ended.n_fits} fits, best {ended.best_score:.4f}")

# %%
# **Afterwards**, the trials are a table of pandas,
columns = ["trial", "param_svc__C", "param_svc__gamma", "score", "fit_time"]
best = search.trials_dataframe()[columns].nlargest(5, "score")
print(best.to_string(index=False, float_format="{:.4g}".format))

# %%
# and the report is one HTML file that any browser opens without a network.
with TemporaryDirectory() as folder:
    report = Path(folder) / "report.html"
    try:
        search.report(report)
    except ImportError as error:  # plotly is optional
        print(error)
    else:
        print(f"{report.name}: {report.stat().st_size / 1e6:.1f} MB")

# %%
# The pause is the long gap in both pictures.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    from skhpo.plotting import convergence, timeline

    fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
    convergence(search, by="time", ax=left)
    timeline(search, ax=right)
    fig.savefig("watching.png", dpi=120)
