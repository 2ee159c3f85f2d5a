"""
A population of perceptrons
===========================

Population based training tunes a net while it trains: those that do worst go on from a copy of one
that does best, weights and all, with hyperparameters a little different from its. What comes out is
a schedule for each of them; here of the learning rate, of dropout and of weight decay.
"""

# %%
# Eight perceptrons, which may copy each other after every second epoch. That costs what eight
# complete trainings cost.
from sklearn.base import clone
from sklearn.model_selection import StratifiedShuffleSplit

from skhpo import Float, PBTSearchCV
from skhpo.datasets import load_example_images
from skhpo.neural import MLPNetClassifier

images = load_example_images(test_size=0.5)
print(images.name)
net = MLPNetClassifier(width=128, optimizer="sgd", batch_size=32, max_epochs=12, random_state=0)
search = PBTSearchCV(
    net,
    {
        "lr": Float(1e-3, 1e0, log=True),
        "dropout": Float(0.0, 0.6),
        "weight_decay": Float(1e-6, 1e-1, log=True),
    },
    population_size=8,
    resource="epochs",
    max_resources=12,
    perturbation_interval=2,
    scoring="neg_log_loss",
    cv=StratifiedShuffleSplit(1, train_size=600, test_size=290, random_state=0),
    random_state=0,
)
print(search.plan())

# %%
# The best net's schedule, by which one more is trained on all training images; and beside it a net
# that is trained with the schedule's last hyperparameters from beginning to end.
search.fit(images.X_train, images.y_train)
print(search.schedule_)
constant = clone(net).set_params(**search.best_params_).fit(images.X_train, images.y_train)
for name, model in (("by the schedule", search.best_estimator_), ("constant", constant)):
    accuracy = model.score(images.X_test, images.y_test)
    print(f"{name:>15}, held out: {accuracy:.4f} accuracy")

# %%
# Who copied whom, and what the winner was trained with. What is learnt here: dropout may
# grow while a net is trained. In the beginning it is in the way; later there is more that the net
# could learn by heart. Which value is right is a question of when.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    from skhpo.plotting import population

    fig, (top, bottom) = plt.subplots(
        2, 1, figsize=(7.5, 6.4), layout="constrained", height_ratios=[2, 1]
    )
    population(search, parameter="lr", ax=top)
    best = max(search.cv_results_["mean_test_score"])
    top.set_ylim(3 * best, 0.9 * best)
    stages = search.schedule_.stages
    ends = [0, *(stage.until for stage in stages)]
    for name, colour in zip(stages[0].params, ("#0072B2", "#E69F00", "#009E73"), strict=True):
        values = [stage.params[name] for stage in stages]
        bottom.stairs(values, ends, baseline=None, color=colour, lw=2, label=name)
    bottom.set(yscale="log", xlabel="epochs", ylabel="value")
    bottom.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
    fig.savefig("mlp_population.png", dpi=120)
