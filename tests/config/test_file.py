"""A configuration file says what it means, or which key of it makes no sense."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault import config
from lookervault.config.settings import LOGIN, OPTIONS, SETTINGS, Shape
from lookervault.errors import UsageError

PATH = Path("folder") / "config.toml"
WHOLE = """
default_profile = "prod"

[defaults]
workers = 3
timeout = 60

[instances.prod]
base_url = "https://prod.example"
client_id = "me"
client_secret_file = "prod.secret"
vault = "vaults/prod.vault"
workers = 8
folder_id = [7, "12"]

[instances.staging]
base_url = "https://staging.example"
"""


def values(settings):
    return {name: given.value for name, given in settings.items()}


def refusal(text):
    with pytest.raises(UsageError) as caught:
        config.parse(text, PATH)
    return str(caught.value)


def test_a_profile_is_an_instance_over_the_defaults():
    profile = config.parse(WHOLE, PATH).profile("prod")

    assert profile.name == "prod"
    assert values(profile.options) == {
        "workers": 8,
        "vault": str(Path("folder") / "vaults" / "prod.vault"),
        "folder_id": ["7", "12"],
    }
    assert values(profile.login) == {
        "timeout": 60,
        "base_url": "https://prod.example",
        "client_id": "me",
        "client_secret_file": str(Path("folder") / "prod.secret"),
    }


def test_each_value_knows_its_file_table_and_key():
    profile = config.parse(WHOLE, PATH).profile("prod")

    told = {name: given.origin for name, given in profile.settings.items()}
    assert told["workers"] == f"workers in [instances.prod] of {PATH}"
    assert told["timeout"] == f"timeout in [defaults] of {PATH}"


def test_the_default_profile_is_meant_if_none_is_named():
    assert config.parse(WHOLE, PATH).profile().name == "prod"
    assert config.parse(WHOLE, PATH).profile("staging").name == "staging"


def test_without_any_profile_the_defaults_alone_count():
    text = WHOLE.replace('default_profile = "prod"', "")

    profile = config.parse(text, PATH).profile()

    assert profile.name is None
    assert values(profile.settings) == {"workers": 3, "timeout": 60}


def test_a_profile_that_is_not_there_is_told_with_the_nearest_one():
    with pytest.raises(UsageError, match=r"no profile 'prdo'.*did you mean prod\?"):
        config.parse(WHOLE, PATH).profile("prdo")


def test_a_path_with_a_tilde_is_in_the_home_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))

    profile = config.parse('[defaults]\nca_file = "~/ca.pem"', PATH).profile()

    assert profile.settings["ca_file"].value == str(tmp_path / "ca.pem")


def test_one_way_to_a_secret_replaces_another_of_the_defaults():
    text = """
    [defaults]
    client_secret_env = "ONE"
    [instances.a]
    client_secret_command = "two"
    """

    login = config.parse(text, PATH).profile("a").login

    assert values(login) == {"client_secret_command": "two"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[defaults]\nworker = 3", ["worker in [defaults]", "did you mean workers?"]),
        ("[instances.a]\nzzz = 3", ["zzz in [instances.a]", "there are base_url"]),
        ("workers = 3", ["workers", "in no table", "[defaults]"]),
        ("default = 'a'", ["'default'", "at the top"]),
        ("instance.a.workers = 3", ["did you mean instances?"]),
        ("defaults = 3", ["[defaults] should be a table"]),
        ("instances.a = 3", ["[instances.a] should be a table"]),
        ("default_profile = 'b'\n[instances.a]", ["default_profile", "there are a."]),
        ("default_profile = 3\n[instances.a]", ["default_profile"]),
        ("[defaults]\nworkers = '3'", ["workers in [defaults]", "a number"]),
        ("[defaults]\nworkers = true", ["workers in [defaults]", "a number"]),
        ("[defaults]\nmax_rate = nan", ["max_rate in [defaults]", "a number"]),
        ("[defaults]\nmax_rate = inf", ["max_rate in [defaults]", "a number"]),
        ("[defaults]\nquiet = 'yes'", ["quiet in [defaults]", "true or false"]),
        ("[defaults]\nkinds = {}", ["kinds in [defaults]", "a list of texts"]),
        ("[defaults]\nvault = ''", ["vault in [defaults]", "a path"]),
        ('[defaults]\nvault = "a\\u0000"', ["vault in [defaults]", "a path"]),
        ("[defaults]\nclient_secret_command = []", ["a command in quotes"]),
        ("[defaults]\nworkers = ?\n", ["not TOML", "line 2"]),
        (
            "[defaults]\nclient_secret_env='a'\nclient_secret_file='b'",
            ["client_secret_file and client_secret_env", "keep one"],
        ),
    ],
)
def test_what_makes_no_sense_is_named(text, told):
    said = refusal(text)

    assert [part for part in (*told, str(PATH)) if part not in said] == []


@pytest.mark.parametrize(
    "text", ["[defaults]\n{}", "[instances.prod]\n{}", "{}\n[defaults]"]
)
def test_a_secret_in_the_file_is_refused_and_not_shown(text):
    said = refusal(text.format('client_secret = "canary"'))

    assert "canary" not in said
    assert "client_secret" in said


def test_a_secret_in_the_file_is_told_where_else_it_could_be():
    said = refusal('[instances.prod]\nclient_secret = "canary"')

    ways = ("file", "command", "env", "keyring")
    assert [way for way in ways if f"client_secret_{way}" not in said] == []


@pytest.mark.parametrize("name", SETTINGS)
def test_a_value_of_another_shape_is_not_shown(name):
    said = refusal(f"[defaults]\n{name} = 1979-05-27")

    assert f"{name} in [defaults]" in said
    assert "1979" not in said


def test_a_file_that_need_not_be_there_says_nothing(tmp_path):
    found = config.read(tmp_path / "config.toml", must_exist=False)

    assert not found.there
    assert found.profile().settings == {}


def test_a_profile_of_a_file_that_is_not_there_is_refused(tmp_path):
    found = config.read(tmp_path / "config.toml", must_exist=False)

    with pytest.raises(UsageError, match="no configuration file"):
        found.profile("prod")


@pytest.mark.parametrize("content", [None, b"\xff\xfe", "folder"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    file = tmp_path / "config.toml"
    if content == "folder":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)

    with pytest.raises(UsageError, match=r"config\.toml cannot be used"):
        config.read(file)


def test_a_file_from_another_system_is_read(tmp_path):
    file = tmp_path / "config.toml"
    file.write_bytes("\ufeff[defaults]\r\nworkers = 3\r\n".encode())

    assert values(config.read(file).profile().settings) == {"workers": 3}


def test_a_file_of_nothing_but_brackets_is_refused():
    assert "not TOML" in refusal("[defaults]\nworkers = " + "[" * 100_000)


@given(st.text())
def test_any_text_is_a_configuration_or_refused(text):
    try:
        assert config.parse(text, PATH).there
    except UsageError as error:
        said = str(error)
    else:
        said = ""

    assert said.isprintable()


EXAMPLES = {
    Shape.TEXT: st.text(st.characters(categories=["L", "N"]), min_size=1),
    Shape.PATH: st.just("/somewhere"),
    Shape.NUMBER: st.integers(1, 10**6),
    Shape.FLAG: st.booleans(),
    Shape.AMOUNT: st.just("10m"),
    Shape.TEXTS: st.lists(st.just("7")),
    Shape.COMMAND: st.just(["echo"]),
}


def written(settings):
    """*settings* as lines of TOML."""
    return "\n".join(
        f"{name} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
        for name, value in settings.items()
    )


SOME = st.fixed_dictionaries(
    {}, optional={name: EXAMPLES[shape] for name, shape in OPTIONS.items()}
)


@given(SOME, SOME, SOME)
def test_an_instance_wins_over_the_defaults_and_other_instances_say_nothing(
    defaults, mine, other
):
    text = (
        f"[defaults]\n{written(defaults)}\n[instances.mine]\n{written(mine)}\n"
        f"[instances.other]\n{written(other)}"
    )

    profile = config.parse(text, PATH).profile("mine")

    assert values(profile.settings) == {**defaults, **mine}
    for name, given_ in profile.settings.items():
        table = "[instances.mine]" if name in mine else "[defaults]"
        assert given_.origin.startswith(f"{name} in {table} of ")


def test_no_setting_is_both_a_login_s_and_an_option():
    assert not LOGIN.keys() & OPTIONS.keys()


def test_a_file_of_the_largest_size_is_read_and_a_larger_one_is_refused(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(WHOLE + "#" * (2**16 - len(WHOLE)), "utf-8")
    assert set(config.read(path).instances) == {"prod", "staging"}

    path.write_text(path.read_text("utf-8")[:-1] + "\u00fc", "utf-8")

    with pytest.raises(UsageError, match=r"config\.toml .*: it has more than 64 KiB\."):
        config.read(path)


def test_a_file_without_an_end_is_refused():
    with pytest.raises(UsageError, match=r"/dev/zero .*: it has more than 64 KiB\."):
        config.read(Path("/dev/zero"))
