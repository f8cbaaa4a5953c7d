"""A secret does not show, and is known for as long as it lives."""

import gc
import pickle

from lookervault.looker.secret import Secret, secrets


def test_a_secret_does_not_show():
    secret = Secret("canary")

    shown = f"{secret} {secret!r} {secret:>10} {pickle.dumps(secret)!r}"

    assert "canary" not in shown
    assert secret.reveal() == "canary"


def test_the_living_are_known_and_the_dead_forgotten():
    secret, twin = Secret("canary-1"), Secret("canary-1")
    assert secret == twin
    assert secrets().count("canary-1") == 2

    del secret
    gc.collect()
    assert secrets().count("canary-1") == 1

    del twin
    gc.collect()
    assert "canary-1" not in secrets()
