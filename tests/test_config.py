"""Credentials come from where the user put them, and from nowhere else."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault import config
from lookervault.errors import UsageError
from lookervault.looker.settings import Secret

ENVIRON = {
    "LOOKERSDK_BASE_URL": "https://looker.example/",
    "LOOKERSDK_CLIENT_ID": "me",
    "LOOKERSDK_CLIENT_SECRET": "canary%",
}
INI = """
[Looker]
base_url=https://ini.example
client_id = ini
client_secret = can%ary
verify_ssl=False
timeout=300

[other]
client_id='quoted'
"""


def test_the_environment_is_enough():
    credentials = config.credentials(ENVIRON)

    assert str(credentials.base_url) == "https://looker.example"
    assert credentials.client_id == "me"
    assert credentials.client_secret == Secret("canary%")
    assert credentials.verify
    assert credentials.limits.whole == 120
    assert credentials.proxy is None


def test_a_section_is_enough():
    section = config.section_of(INI, None, name="looker.ini")

    credentials = config.credentials({}, section)

    assert credentials.client_secret == Secret("can%ary")
    assert not credentials.verify
    assert credentials.limits.whole == 300


def test_the_environment_wins_but_empty_values_are_none():
    section = config.section_of(INI, "Looker", name="looker.ini")
    environ = {**ENVIRON, "LOOKERSDK_CLIENT_ID": "", "LOOKERSDK_VERIFY_SSL": "yes"}

    credentials = config.credentials(environ, section)

    assert credentials.client_id == "ini"
    assert credentials.verify
    assert str(credentials.base_url) == "https://looker.example"


@pytest.mark.parametrize("name", ENVIRON)
def test_what_is_missing_is_named(name):
    environ = {key: value for key, value in ENVIRON.items() if key != name}

    with pytest.raises(UsageError, match=name) as caught:
        config.credentials(environ)

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VERIFY_SSL", "maybe"),
        ("TIMEOUT", "soon"),
        ("TIMEOUT", "0"),
        ("TIMEOUT", "-1"),
        ("TIMEOUT", "nan"),
        ("TIMEOUT", "inf"),
        ("BASE_URL", "http://looker.example"),
    ],
)
def test_nonsense_is_refused(name, value):
    with pytest.raises(UsageError):
        config.credentials({**ENVIRON, f"LOOKERSDK_{name}": value})


def test_a_section_is_chosen_by_name_the_first_by_default():
    assert config.section_of(INI, None, name="x")["client_id"] == "ini"
    assert config.section_of(INI, "other", name="x") == {"client_id": "quoted"}


def test_a_section_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(UsageError, match=r"no section \[prod\].*Looker, other"):
        config.section_of(INI, "prod", name="x")


@pytest.mark.parametrize("text", ["", "canary", "[a]\ncanary", "[a\n", "[a]\n[a]\n"])
def test_a_file_of_another_form_is_refused_without_showing_it(text):
    with pytest.raises(UsageError) as caught:
        config.section_of(text, None, name="x")

    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


@given(st.text())
def test_any_text_is_a_section_or_refused(text):
    try:
        section = config.section_of(text, None, name="x")
    except UsageError:
        return

    assert all(isinstance(value, str) for value in section.values())


def test_a_file_is_read(tmp_path):
    file = tmp_path / "looker.ini"
    file.write_text(INI, "utf-8")

    assert config.ini_section(file, "other") == {"client_id": "quoted"}


@pytest.mark.parametrize("content", [None, b"\xff\xfe", "folder"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    file = tmp_path / "looker.ini"
    if content == "folder":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)

    with pytest.raises(UsageError, match=r"looker\.ini cannot be used"):
        config.ini_section(file)


def test_a_looker_ini_that_just_lies_around_is_not_read(tmp_path, monkeypatch):
    (tmp_path / "looker.ini").write_text(INI, "utf-8")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError):
        config.credentials({})


def test_nothing_is_written_to_the_environment():
    before = dict(os.environ)

    config.credentials(ENVIRON, config.section_of(INI, None, name="x"))

    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({"HTTPS_PROXY": "http://proxy:1"}, "http://proxy:1"),
        ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"}, "http://a:1"),
        ({"HTTP_PROXY": "http://proxy:1"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "looker.example"}, None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": ".example"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "other.example"}, "http://p:1"),
    ],
)
def test_proxies_of_the_environment_are_heeded_on_request(variables, proxy):
    environ = {**ENVIRON, **variables}

    assert config.credentials(environ).proxy is None
    assert config.credentials(environ, use_proxy=True).proxy == (
        Secret(proxy) if proxy else None
    )
