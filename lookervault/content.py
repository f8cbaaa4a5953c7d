"""The Looker content that we keep. To add a kind, add one entry to `_KINDS`.

Nothing else in the package names a kind: the choices of the CLI, the calls of
the fetchers, the keys of the store and the simulator's size options all come
from here. `tests/test_content.py` checks each entry against the SDK unasked.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable, Mapping

import msgspec

from lookervault.errors import UsageError
from lookervault.records import Scope


class Reads(enum.Enum):
    """How the items of a kind are read, once their ids are known."""

    SPANS = "pages of the listing"
    WHOLE = "the listing, in one call"
    FOLDERS = "a folder at a time, single ones by id"
    SINGLE = "one by one"


class Place(enum.Enum):
    """What becomes of a kind when the user asks for some folders only."""

    FILTERED = "only what lies in the folders"
    WHOLE = "whole, since it spans folders"
    LEFT_OUT = "left out unless named, since it knows no folder"


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The call that lists a kind."""

    call: str
    """The SDK's method."""

    fixed: Mapping[str, str | bool] = {}
    """Parameters that it always gets."""

    fields: str | None = None
    """The fields of a census row. ``None``: the listing itself is the census."""

    sorts: str | None = None
    """What pages are sorted by. ``None``: one call lists everything."""

    folder: str | None = None
    """The parameter by which the server filters by folder."""

    trash: Mapping[str, str | bool] | None = None
    """What to add to list the trash, if it has one."""

    each: str | None = None
    """The field of a row whose elements are the items, named ``row::element``."""


class Single(msgspec.Struct, frozen=True):
    """The call that reads one item."""

    call: str
    parameters: tuple[str, ...]
    """What it calls the parts of an id, which are separated by ``::``."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of Looker content, and how to read it."""

    name: str
    """What people type, and the prefix of its keys in the store."""

    about: str
    """What it is, in a few words."""

    listing: Listing
    single: Single
    reads: Reads
    place: Place

    by_folder: Single | None = None
    """The call that reads all items of one folder (`Reads.FOLDERS`)."""

    id: str = "id"
    """The field that identifies an item."""

    title: tuple[str, ...] = ("title", "name")
    """The fields that may hold a title; the first that does is taken."""

    folder: str | None = None
    """The field that names the folder that an item lies in."""

    dated: bool = False
    """Whether items carry ``updated_at``."""

    volatile: tuple[str, ...] = ()
    """Paths that change without anyone's doing, as ``a.b[].c``."""

    redact: tuple[str, ...] = ()
    """Paths whose values must not be kept: one-time links."""

    @property
    def census(self) -> str:
        """The fields of a census row, also where the listing itself is the census."""
        own = self.id, "updated_at" if self.dated else None, self.folder
        return self.listing.fields or ",".join(filter(None, own))


_VIEWS = ("view_count", "favorite_count", "usage_count")
_SEEN = (*_VIEWS, "last_viewed_at", "last_accessed_at")

_KINDS = (
    Kind(
        name="dashboards",
        about="user-defined dashboards with their tiles, filters and layouts",
        listing=Listing(
            call="search_dashboards",
            fields="id,updated_at,deleted,folder_id",
            sorts="id",
            folder="folder_id",
            trash={"deleted": "true"},
        ),
        single=Single("dashboard", ("dashboard_id",)),
        reads=Reads.SPANS,
        place=Place.FILTERED,
        folder="folder_id",
        dated=True,
        volatile=(
            *_SEEN,
            *(f"dashboard_elements[].look.{field}" for field in _SEEN),
        ),
    ),
    Kind(
        name="looks",
        about="saved looks, each with its query",
        listing=Listing(
            call="search_looks",
            fields="id,updated_at,deleted,folder_id",
            sorts="id",
            folder="folder_id",
            trash={"deleted": True},
        ),
        # `search_looks` has no query, so that its rows serve as a census only.
        by_folder=Single("folder_looks", ("folder_id",)),
        single=Single("look", ("look_id",)),
        reads=Reads.FOLDERS,
        place=Place.FILTERED,
        folder="folder_id",
        dated=True,
        volatile=_SEEN,
    ),
    Kind(
        name="boards",
        about="boards with their sections and items",
        listing=Listing(call="all_boards"),
        single=Single("board", ("board_id",)),
        reads=Reads.WHOLE,
        place=Place.WHOLE,
        dated=True,
    ),
    Kind(
        name="folders",
        about="the tree of folders",
        listing=Listing(call="all_folders", fields="id,parent_id"),
        single=Single("folder", ("folder_id",)),
        reads=Reads.WHOLE,
        place=Place.WHOLE,
        folder="parent_id",
    ),
    Kind(
        name="users",
        about="users with their credentials' metadata, groups and roles",
        listing=Listing(call="all_users", fields="id", sorts="id"),
        single=Single("user", ("user_id",)),
        reads=Reads.SPANS,
        place=Place.LEFT_OUT,
        title=("display_name", "email"),
        volatile=(
            "ui_state",
            "sessions",
            *(
                f"credentials_{sort}.logged_in_at"
                for sort in ("email", "google", "ldap", "oidc", "saml")
            ),
            "credentials_embed[].logged_in_at",
        ),
        redact=(
            "credentials_email.password_reset_url",
            "credentials_email.account_setup_url",
        ),
    ),
    Kind(
        name="groups",
        about="groups of users",
        listing=Listing(call="search_groups", fields="id", sorts="id"),
        single=Single("group", ("group_id",)),
        reads=Reads.SPANS,
        place=Place.LEFT_OUT,
    ),
    Kind(
        name="roles",
        about="roles: a permission set on a model set",
        listing=Listing(call="all_roles"),
        single=Single("role", ("role_id",)),
        reads=Reads.WHOLE,
        place=Place.LEFT_OUT,
    ),
    Kind(
        name="permission_sets",
        about="sets of permissions",
        listing=Listing(call="all_permission_sets"),
        single=Single("permission_set", ("permission_set_id",)),
        reads=Reads.WHOLE,
        place=Place.LEFT_OUT,
    ),
    Kind(
        name="model_sets",
        about="sets of LookML models",
        listing=Listing(call="all_model_sets"),
        single=Single("model_set", ("model_set_id",)),
        reads=Reads.WHOLE,
        place=Place.LEFT_OUT,
    ),
    Kind(
        name="lookml_models",
        about="LookML models and the names of their explores",
        listing=Listing(call="all_lookml_models"),
        single=Single("lookml_model", ("lookml_model_name",)),
        reads=Reads.WHOLE,
        place=Place.LEFT_OUT,
        id="name",
        title=("label", "name"),
    ),
    Kind(
        name="explores",
        about="the explores of the models, with their fields and joins",
        listing=Listing(
            call="all_lookml_models", fields="name,explores(name)", each="explores"
        ),
        single=Single("lookml_model_explore", ("lookml_model_name", "explore_name")),
        reads=Reads.SINGLE,
        place=Place.LEFT_OUT,
        title=("title", "label", "name"),
    ),
    Kind(
        name="scheduled_plans",
        about="the schedules of all users",
        listing=Listing(call="all_scheduled_plans", fixed={"all_users": True}),
        single=Single("scheduled_plan", ("scheduled_plan_id",)),
        reads=Reads.WHOLE,
        place=Place.LEFT_OUT,
        dated=True,
        volatile=("last_run_at", "next_run_at"),
    ),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _KINDS}
"""Every kind by its name, in the order in which they are shown."""


def named(names: Iterable[str]) -> tuple[str, ...]:
    """Return *names* in the table's order, each once.

    Raises:
        UsageError: for names that are no kinds; it says which ones were meant.

    """
    wanted = list(names)
    if unknown := list(dict.fromkeys(name for name in wanted if name not in KINDS)):
        raise UsageError(_unknown(unknown))
    return tuple(kind for kind in KINDS if kind in wanted)


def _unknown(names: list[str]) -> str:
    near = [difflib.get_close_matches(name.lower(), KINDS, n=1) for name in names]
    told = (
        f"{name!r} (did you mean {meant[0]}?)" if meant else f"{name!r}"
        for name, meant in zip(names, near, strict=True)
    )
    rest = "" if all(near) else f"; there are {', '.join(KINDS)}"
    return f"There is no kind of content called {' or '.join(told)}{rest}."


def covered(scope: Scope) -> tuple[str, ...]:
    """Return the kinds that a run of *scope* reads."""
    if scope.kinds:
        return scope.kinds
    if not scope.folders:
        return tuple(KINDS)
    return tuple(k.name for k in _KINDS if k.place is not Place.LEFT_OUT)


def left_out(scope: Scope) -> tuple[str, ...]:
    """Return the kinds that *scope* leaves out because they know no folder."""
    if scope.kinds or not scope.folders:
        return ()
    return tuple(k.name for k in _KINDS if k.place is Place.LEFT_OUT)
