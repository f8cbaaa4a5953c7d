"""A body is a function of seed, kind, id and version, and as odd as real ones."""

import json

import pytest

from lookervault.content import KINDS
from lookervault.simulator.catalog import Catalog
from lookervault.simulator.changes import Changes, Verb
from lookervault.simulator.looker import Looker
from lookervault.simulator.recipes import CANARY, MARK
from lookervault.simulator.settings import Settings, Titles
from lookervault.simulator.words import USUAL, titles


def catalog(**settings):
    return Catalog(Settings(**settings))


def body(catalog, kind, number, *, row=False, fields=""):
    pieces = catalog[kind].bodies.print([number], row=row, fields=fields)
    return b"".join(pieces)[1:]


def everything(catalog, kind):
    return [body(catalog, kind, number) for number in catalog[kind].numbers()]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(kind):
    one, same, other = catalog(), catalog(), catalog(seed=2)

    assert everything(one, kind) == everything(same, kind)
    assert everything(one, kind) != everything(other, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_body_is_json_and_carries_its_id(kind):
    made = catalog()
    shelf = made[kind]

    for number in shelf.numbers():
        item = json.loads(body(made, kind, number))
        assert item[KINDS[kind].id] == shelf.bodies.text(number)
        assert shelf.find(item[KINDS[kind].id]) == number


@pytest.mark.parametrize("kind", KINDS)
def test_the_placeholder_of_the_id_never_gets_out(kind):
    made = catalog()

    for text in everything(made, kind):
        assert MARK.encode() not in text
        assert b"ue000" not in text


def test_a_larger_instance_has_the_same_items_and_more():
    small, large = catalog(sizes={"dashboards": 10}), catalog(sizes={"dashboards": 99})

    assert body(small, "dashboards", 7) == body(large, "dashboards", 7)


def test_dashboards_are_eight_kilobytes_on_average():
    made = catalog()

    sizes = [len(body(made, "dashboards", number)) for number in range(1, 641)]

    assert 7_000 < sum(sizes) / len(sizes) < 9_500
    assert min(sizes) < 4_000
    assert max(sizes) > 20_000


def test_the_ids_of_tiles_and_their_places_belong_to_the_dashboard():
    item = json.loads(body(catalog(), "dashboards", 64))

    tiles = [tile["id"] for tile in item["dashboard_elements"]]
    places = item["dashboard_layouts"][0]["dashboard_layout_components"]
    assert all(tile.startswith("64") for tile in tiles)
    assert [place["dashboard_element_id"] for place in places] == tiles


def test_bodies_hold_what_a_parser_and_printer_would_not_give_back():
    text = b"".join(everything(catalog(), "dashboards"))

    for odd in (b"1E+2", b"-0.0", rb"\u0000", b"12345678901234567890", "🚀".encode()):
        assert odd in text
    assert b"null" in text


def test_users_carry_links_that_must_not_be_kept():
    users = [json.loads(text) for text in everything(catalog(), "users")]

    links = [
        (user["credentials_email"] or {}).get(name)
        for user in users
        for name in ("password_reset_url", "account_setup_url")
    ]
    assert all(CANARY in link for link in links if link)
    assert len(list(filter(None, links))) > len(users) / 2
    assert None in links


def test_looks_have_their_query_by_id_only():
    made = catalog()

    whole = json.loads(body(made, "looks", 1))
    row = json.loads(body(made, "looks", 1, row=True))
    assert set(whole) - set(row) == {"query", "url"}
    assert {name: whole[name] for name in row} == row
    assert body(made, "looks", 1, row=True, fields="id,query") == b'{"id":"1"}'


def test_folders_are_a_tree_at_least_three_deep_with_content_all_over():
    made = catalog()
    parents = {
        made["folders"].bodies.text(number): made["folders"].bodies.folder(number)
        for number in made["folders"].numbers()
    }

    def depth(folder):
        return 0 if parents[folder] is None else 1 + depth(parents[folder])

    used = {made["dashboards"].bodies.folder(n) for n in made["dashboards"].numbers()}
    assert max(map(depth, parents)) >= 3
    assert "lookml" in parents
    assert len(used) > len(parents) / 2
    assert used <= set(parents)


@pytest.mark.parametrize("kind", ["dashboards", "looks"])
def test_a_few_per_cent_lie_in_the_trash_and_say_so(kind):
    made = catalog()

    trashed = made[kind].numbers(trash=True)
    share = len(trashed) / len(made[kind].numbers())
    assert 0.01 < share < 0.06
    assert all(json.loads(body(made, kind, n))["deleted"] is True for n in trashed)


def test_a_new_version_changes_title_description_and_time_and_nothing_else():
    made = catalog()
    before = json.loads(body(made, "dashboards", 5))

    Changes(made, seed=1).change(Verb.UPDATE, "dashboards", ["5"])

    after = json.loads(body(made, "dashboards", 5))
    differing = {name for name in before if before[name] != after[name]}
    assert differing == {"title", "description", "updated_at"}
    assert after["updated_at"] > before["updated_at"] > before["created_at"]


def test_a_look_at_a_dashboard_changes_its_view_count_only():
    made = catalog()
    before = json.loads(body(made, "dashboards", 5))

    Changes(made, seed=1).change(Verb.VIEW, "dashboards", ["5"])

    after = json.loads(body(made, "dashboards", 5))
    assert after == {**before, "view_count": before["view_count"] + 1}


def test_explores_are_spread_over_the_models_which_name_them():
    made = catalog(sizes={"lookml_models": 4, "explores": 10})

    named = [
        f"{model['name']}::{explore['name']}"
        for number in made["lookml_models"].numbers()
        for model in [json.loads(body(made, "lookml_models", number))]
        for explore in model["explores"]
    ]
    ids = [made["explores"].bodies.text(n) for n in made["explores"].numbers()]
    assert sorted(named) == sorted(ids)
    assert len(ids) == 10


def test_fields_of_the_head_and_of_the_rest_may_be_mixed_and_nested():
    made = catalog()
    whole = json.loads(body(made, "dashboards", 3))

    text = body(
        made,
        "dashboards",
        3,
        fields="id,folder(id),dashboard_elements(id,query(model)),nothing",
    )

    found = json.loads(text)
    assert found["folder"] == {"id": whole["folder_id"]}
    assert [e["id"] for e in found["dashboard_elements"]] == [
        e["id"] for e in whole["dashboard_elements"]
    ]
    assert set(found) == {"id", "folder", "dashboard_elements"}


@pytest.mark.parametrize("kind", KINDS)
def test_broken_content_is_json_and_can_be_found_by_its_ids(kind):
    made = catalog(titles=Titles.BROKEN)
    shelf = made[kind]

    for number in shelf.numbers():
        item = json.loads(body(made, kind, number))
        assert item[KINDS[kind].id] == shelf.bodies.text(number)
        assert shelf.find(item[KINDS[kind].id]) == number


def test_broken_content_can_be_narrowed_to_some_fields():
    made = catalog(titles=Titles.BROKEN)

    for number in made["dashboards"].numbers()[:200]:
        whole = json.loads(body(made, "dashboards", number))
        text = body(made, "dashboards", number, fields="title,folder(id)")

        assert json.loads(text) == {
            "title": whole["title"],
            "folder": {"id": whole["folder_id"]},
        }


def test_hostile_titles_are_text():
    for title in titles(Titles.HOSTILE):
        assert title.encode().decode() == title


def test_titles_are_as_bad_as_asked_for():
    texts = {
        sort: b"".join(everything(catalog(titles=sort), "looks")) for sort in Titles
    }

    assert rb"\u001b[31m" not in texts[Titles.USUAL]
    assert rb"\u001b[31m" in texts[Titles.MIXED]
    assert rb"\ud83d half" not in texts[Titles.HOSTILE]
    assert rb"\ud83d half" in texts[Titles.BROKEN]
    for worst in (rb"\u001b]52;c;", b"--vault=", rb"\r\nX-Injected"):
        assert worst in texts[Titles.HOSTILE]
    assert b"Quarterly revenue" not in texts[Titles.HOSTILE]


def test_a_quarter_of_mixed_titles_is_usual():
    usual = len(USUAL) / len(titles(Titles.MIXED))

    assert 0.25 < usual < 0.3


def test_ids_of_models_may_look_like_paths_and_options():
    ids = [
        catalog(titles=Titles.HOSTILE)["lookml_models"].bodies.text(number)
        for number in range(1, 9)
    ]

    assert {"../model8", "--help-1", "/etc/7"} < set(ids)


def test_who_asks_can_always_be_read():
    for seed in range(6):
        looker = Looker(Settings(titles=Titles.BROKEN, seed=seed), lambda *_: None)

        name = json.loads(looker._me().body)["display_name"]

        assert name.encode()
