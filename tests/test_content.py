"""Each entry of the table fits the SDK: its calls, their parameters, its fields."""

import inspect
import re
import typing

import pytest
from looker_sdk.sdk.api40.methods import Looker40SDK

from lookervault.content import KINDS, Place, Reads, covered, left_out, named
from lookervault.errors import UsageError
from lookervault.records import Scope

EVERY_KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


def singles(kind):
    return [single for single in (kind.single, kind.by_folder) if single]


def accepted(call):
    return set(inspect.signature(getattr(Looker40SDK, call)).parameters) - {"self"}


def model_of(call):
    """The model whose instances *call* answers with, or a list of."""
    answer = typing.get_type_hints(getattr(Looker40SDK, call))["return"]
    return (typing.get_args(answer) or (answer,))[0]


def is_list(call):
    return bool(
        typing.get_args(typing.get_type_hints(getattr(Looker40SDK, call))["return"])
    )


def fields_of(model):
    return {name.removesuffix("_") for name in typing.get_type_hints(model)}


def inner(model, field):
    """The model behind *field*, with what is around it taken off."""
    hint = typing.get_type_hints(model)[field]
    while typing.get_args(hint):
        hint = typing.get_args(hint)[0]
    return hint


def check_path(model, path):
    for name in path.split("."):
        assert name.removesuffix("[]") in fields_of(model), path
        model = inner(model, name.removesuffix("[]"))


@EVERY_KIND
def test_the_sdk_has_its_calls(kind):
    assert is_list(kind.listing.call)
    assert not is_list(kind.single.call)
    for single in singles(kind):
        assert callable(getattr(Looker40SDK, single.call))


@EVERY_KIND
def test_the_listing_takes_its_parameters(kind):
    listing = kind.listing
    given = {*listing.fixed, *(listing.trash or {}), listing.folder, "fields"} - {None}

    assert given <= accepted(listing.call)


@EVERY_KIND
def test_the_parts_of_an_id_are_all_that_a_single_call_needs(kind):
    for single in singles(kind):
        parameters = inspect.signature(getattr(Looker40SDK, single.call)).parameters
        needed = [
            name
            for name, parameter in parameters.items()
            if parameter.default is inspect.Parameter.empty and name != "self"
        ]

        assert list(single.parameters) == needed


@EVERY_KIND
def test_its_census_asks_for_fields_that_exist(kind):
    model = model_of(kind.listing.call)
    for name, nested in re.findall(
        r"(\w+)(?:\(([\w,]+)\))?", kind.listing.fields or ""
    ):
        assert name in fields_of(model)
        if nested:
            assert set(nested.split(",")) <= fields_of(inner(model, name))


@EVERY_KIND
def test_its_census_has_all_that_a_row_tells(kind):
    if kind.listing.fields and not kind.listing.each:
        asked = set(kind.listing.fields.split(","))
        told = {kind.id, kind.folder} - {None}
        told |= {"updated_at"} if kind.dated else set()
        told |= {"deleted"} if kind.listing.trash else set()

        assert asked == told


@EVERY_KIND
def test_a_listing_with_elements_names_the_row_and_the_element(kind):
    if kind.listing.each:
        assert re.fullmatch(rf"\w+,{kind.listing.each}\(\w+\)", kind.listing.fields)


@EVERY_KIND
def test_what_is_sorted_pages(kind):
    if kind.listing.sorts:
        assert {"sorts", "limit", "offset"} <= accepted(kind.listing.call)
        assert kind.listing.sorts in fields_of(model_of(kind.listing.call))


@EVERY_KIND
def test_what_is_read_in_spans_pages(kind):
    assert kind.reads is not Reads.SPANS or kind.listing.sorts


@EVERY_KIND
def test_what_is_read_folder_by_folder_can_be(kind):
    assert (kind.reads is Reads.FOLDERS) == (kind.by_folder is not None)
    assert kind.by_folder is None or is_list(kind.by_folder.call)


@EVERY_KIND
def test_what_is_filtered_by_folder_knows_its_folder(kind):
    if kind.place is Place.FILTERED:
        assert kind.listing.folder
        assert kind.folder


@EVERY_KIND
def test_what_is_read_of_an_item_exists(kind):
    known = fields_of(model_of(kind.single.call))
    read = {kind.id, *({kind.folder} - {None})}
    read |= {"updated_at"} if kind.dated else set()

    assert read <= known
    assert set(kind.title) & known


@EVERY_KIND
def test_what_is_dated_says_so(kind):
    models = {model_of(kind.single.call), model_of(kind.listing.call)}

    if not kind.listing.each:
        assert {kind.dated} == {"updated_at" in fields_of(model) for model in models}


@EVERY_KIND
def test_the_paths_that_are_left_out_exist(kind):
    for path in (*kind.volatile, *kind.redact):
        check_path(model_of(kind.single.call), path)


@EVERY_KIND
def test_what_it_is_is_said_in_a_few_words(kind):
    assert kind.about
    assert not kind.about.endswith(".")


def test_names_are_put_in_the_order_of_the_table_each_once():
    assert named(["looks", "dashboards", "looks"]) == ("dashboards", "looks")


def test_a_name_that_is_nearly_right_is_suggested():
    with pytest.raises(UsageError, match="did you mean dashboards"):
        named(["dashbords"])


def test_a_name_that_is_nothing_gets_the_list():
    with pytest.raises(UsageError, match="there are dashboards, looks"):
        named(["xyzzy"])


def test_a_scope_without_kinds_covers_all_of_them():
    assert covered(Scope()) == tuple(KINDS)
    assert left_out(Scope()) == ()


def test_a_scope_of_folders_leaves_out_what_knows_no_folder():
    scope = Scope(folders=("1",))

    assert set(covered(scope)) | set(left_out(scope)) == set(KINDS)
    assert "users" in left_out(scope)
    assert "dashboards" in covered(scope)


def test_every_name_that_is_no_kind_is_told_with_what_was_meant():
    with pytest.raises(UsageError) as caught:
        named(["DASHBORDS", "looks", "xyzzy", "user", "xyzzy"])

    told = str(caught.value)
    assert (
        "'DASHBORDS' (did you mean dashboards?) or 'xyzzy' or 'user' (did you mean users?)"
        in told
    )
    assert told.endswith(f"; there are {', '.join(KINDS)}.")


def test_what_is_named_is_covered_also_in_folders():
    scope = Scope(kinds=("users",), folders=("1",))

    assert covered(scope) == ("users",)
    assert left_out(scope) == ()
