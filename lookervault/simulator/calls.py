"""The calls of the API that are simulated, by path."""

from __future__ import annotations

from urllib.parse import unquote

import msgspec


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call that returns items of one kind."""

    name: str
    """The SDK's method."""
    path: str
    """Below ``/api/4.0``; ``*`` stands for a part of an id."""
    kind: str
    paged: bool = False
    """Whether it knows limit and offset."""
    row: bool = False
    """Whether it returns the listing's model, where that is poorer."""
    of_folder: bool = False
    """Whether the id in the path is that of a folder."""

    @property
    def one(self) -> bool:
        """Whether it returns one item instead of a list."""
        return "*" in self.path and not self.of_folder


def _calls(
    kind: str, item: str, *, all_paged: bool = False, all_: bool = True
) -> list[Call]:
    """Return the usual three: all, search, by id."""
    found = [
        Call(name=f"search_{kind}", path=f"/{kind}/search", kind=kind, paged=True),
        Call(name=item, path=f"/{kind}/*", kind=kind),
    ]
    if all_:
        found.append(
            Call(name=f"all_{kind}", path=f"/{kind}", kind=kind, paged=all_paged)
        )
    return found


CALLS = (
    *_calls("dashboards", "dashboard", all_=False),
    Call(name="all_dashboards", path="/dashboards", kind="dashboards", row=True),
    Call(
        name="folder_dashboards",
        path="/folders/*/dashboards",
        kind="dashboards",
        of_folder=True,
    ),
    Call(name="search_looks", path="/looks/search", kind="looks", paged=True, row=True),
    Call(name="all_looks", path="/looks", kind="looks", row=True),
    Call(name="look", path="/looks/*", kind="looks"),
    Call(name="folder_looks", path="/folders/*/looks", kind="looks", of_folder=True),
    *_calls("boards", "board"),
    *_calls("folders", "folder", all_=False),
    Call(name="all_folders", path="/folders", kind="folders", row=True),
    Call(
        name="folder_children",
        path="/folders/*/children",
        kind="folders",
        paged=True,
        of_folder=True,
    ),
    *_calls("users", "user", all_paged=True),
    *_calls("groups", "group", all_paged=True),
    *_calls("roles", "role"),
    *_calls("permission_sets", "permission_set"),
    *_calls("model_sets", "model_set"),
    Call(
        name="all_lookml_models",
        path="/lookml_models",
        kind="lookml_models",
        paged=True,
    ),
    Call(name="lookml_model", path="/lookml_models/*", kind="lookml_models"),
    Call(
        name="lookml_model_explore",
        path="/lookml_models/*/explores/*",
        kind="explores",
    ),
    *_calls("scheduled_plans", "scheduled_plan"),
)

ME = Call(name="me", path="/user", kind="")
"""Says who asks, and lists nothing."""

BY_NAME = {call.name: call for call in (*CALLS, ME)}
_BY_PATH = {tuple(call.path[1:].split("/")): call for call in BY_NAME.values()}


def match(path: str) -> tuple[Call, str] | None:
    """Return the call that *path* stands for, and the id in it, if there is one.

    *path* is below ``/api/4.0`` and still percent-encoded.
    """
    parts = tuple(path[1:].split("/"))
    if call := _BY_PATH.get(parts):
        return call, ""
    shape = tuple("*" if i % 2 else part for i, part in enumerate(parts))
    call = _BY_PATH.get(shape)
    if call is None:
        return None
    return call, "::".join(map(unquote, parts[1::2])) if call.one else unquote(parts[1])
