"""What the guide to configuration shows is what the code reads."""

import re
from pathlib import Path

import pytest

from lookervault import config
from lookervault.config.settings import LOGIN

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "configuration.md"


def blocks(language):
    text = GUIDE.read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


WHOLE, *OTHERS = blocks("toml")


@pytest.fixture
def place(tmp_path):
    """A folder with the whole file of the guide, and a secret where it says."""
    (tmp_path / "config.toml").write_text(WHOLE)
    (tmp_path / "prod.secret").write_text("canary\n")
    (tmp_path / "prod.secret").chmod(0o600)
    return tmp_path


def test_the_whole_file_is_read(place):
    found = config.read(place / "config.toml")

    prod, staging = found.profile(), found.profile("staging")
    assert prod.name == "prod"
    assert prod.options["workers"].value == staging.options["workers"].value == 8
    assert staging.options["ca_file"].value == str(place / "company-ca.pem")
    assert config.login({}, profile=config.of_profile(prod)).credentials().verify


@pytest.mark.parametrize("line", [line for it in OTHERS for line in it.splitlines()])
def test_each_way_to_a_secret_is_read_as_it_is_shown(line):
    profile = config.parse(f"[instances.a]\n{line}", Path("c.toml")).profile("a")

    assert set(profile.login) == {line.partition(" ")[0]}


def test_every_setting_of_a_login_is_explained():
    told = set(re.findall(r"`(\w+)`", GUIDE.read_text("utf-8")))

    assert set(LOGIN) - told == set()
