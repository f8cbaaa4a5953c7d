"""How the bodies of each kind are made up.

A body is a *head*, which differs from item to item, and a *tail*, one of a few
that are printed once. `MARK` in a tail stands for the item's id.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from lookervault.simulator.walk import Walk

MARK = "\ue000"
"""Stands for the id in a tail; a private character that no text of ours has."""

CANARY = "one-time-link"
"""Part of every link that must not be kept."""

MEAN = 8192
"""Bytes of a dashboard, on average; what API listings of real instances come to."""

_FIXED = 2700
"""Bytes that a dashboard has before its tiles; above them, sizes are exponential."""

_COMPONENT = 190
"""Bytes of a tile's place in the layout."""

Tail: TypeAlias = dict[str, Any]
Tailor: TypeAlias = Callable[[Walk, Tail, float], None]
"""Adjusts a tail; the number, between 0 and 1, says which of all tails it is."""


def _plain(_walk: Walk, _tail: Tail, _share: float) -> None:
    """Leave the tail as the model made it."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How the bodies of one kind are made up."""

    model: str
    """The SDK's model of what the by-id call returns."""
    row: str | None = None
    """The poorer model of what the listing returns, if it is another."""
    head: Mapping[str, str]
    """JSON of the fields that differ by item; ``{fact}`` stands for a fact."""
    tails: int = 16
    tailor: Tailor = _plain
    trash: bool = False


_SEEN = {
    "id": '"{id}"',
    "title": '"{stem} {id}{edition}"',
    "description": '"About {id}{edition}"',
    "folder_id": "{folder}",
    "folder": '{"name":"Folder","id":{folder},"is_personal":false,"can":{"show":true}}',
    "user_id": '"{user}"',
    "created_at": '"{created}"',
    "updated_at": '"{updated}"',
    "deleted": "{deleted}",
    "deleted_at": "{deleted_at}",
    "deleter_id": "{deleter}",
    "view_count": "{views}",
}
_NAMED = {"id": '"{id}"', "name": '"{stem} {id}{edition}"'}


def _dashboard(walk: Walk, tail: Tail, share: float) -> None:
    tail["dashboard_filters"] = [
        {**walk.object("DashboardFilter", 1), "id": f"{MARK}{i}", "dashboard_id": MARK}
        for i in range(walk.rng.randrange(3))
    ]
    room = _FIXED - math.log(1 - share) * (MEAN - _FIXED + 1000) - _size(tail)
    elements: list[Tail] = []
    while room > 0 or not elements:
        elements.append(_element(walk, len(elements)))
        room -= _size(elements[-1]) + _COMPONENT
    tail["dashboard_elements"] = elements
    tail["dashboard_layouts"] = [_layout(elements)]


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _element(walk: Walk, number: int) -> Tail:
    element = Walk(walk.rng, fill=0.4, depth=2).object("DashboardElement")
    element |= {"id": f"{MARK}{number:02}", "dashboard_id": MARK}
    if number % 3 == 0:
        element["look"] = {"id": str(number), "title": "Linked", "view_count": number}
    return element


def _layout(elements: list[Tail]) -> Tail:
    components = [
        {
            "id": f"{element['id']}1",
            "dashboard_layout_id": f"{MARK}1",
            "dashboard_element_id": element["id"],
            "row": 8 * (number // 2),
            "column": 12 * (number % 2),
            "width": 12,
            "height": 8,
            "deleted": False,
        }
        for number, element in enumerate(elements)
    ]
    return {
        "id": f"{MARK}1",
        "dashboard_id": MARK,
        "type": "newspaper",
        "active": True,
        "dashboard_layout_components": components,
    }


def _look(walk: Walk, tail: Tail, _share: float) -> None:
    tail["query"] = {**walk.object("Query", 1), "id": f"q{MARK}", "model": "model_1"}
    tail["query_id"] = f"q{MARK}"
    tail["url"] = f"/looks/{MARK}"


def _board(walk: Walk, tail: Tail, share: float) -> None:
    tail["deleted_at"] = None
    tail["board_sections"] = [
        {
            **walk.object("BoardSection", 0),
            "id": f"{MARK}{i}",
            "board_id": MARK,
            "board_items": [
                {**walk.object("BoardItem", 0), "id": f"{MARK}{i}{k}"}
                for k in range(walk.rng.randrange(1, 5))
            ],
        }
        for i in range(1 + int(share * 4))
    ]


def _folder(_walk: Walk, tail: Tail, _share: float) -> None:
    tail |= {"dashboards": None, "looks": None, "content_metadata_id": MARK}


_RESET, _SETUP, _BARE = 0.7, 0.5, 0.9
"""Shares of users below or above which they have a link, or no credentials."""

_FEW = 0.1


def _user(walk: Walk, tail: Tail, share: float) -> None:
    link = f"https://looker.example.com/password/{CANARY}-{MARK}"
    tail["credentials_email"] = {
        **walk.object("CredentialsEmail", 0),
        "email": f"user{MARK}@example.com",
        "password_reset_url": link if share < _RESET else None,
        "account_setup_url": f"{link}?setup" if share > _SETUP else None,
    }
    if share > _BARE:
        tail["credentials_email"] = None
    tail["role_ids"] = sorted({str(walk.rng.randrange(1, 8)) for _ in range(3)})
    tail["group_ids"] = sorted({str(walk.rng.randrange(1, 50)) for _ in range(3)})


def _set(_walk: Walk, tail: Tail, share: float) -> None:
    tail |= {"all_access": share < _FEW, "built_in": share < 2 * _FEW}


def _role(walk: Walk, tail: Tail, share: float) -> None:
    number = str(1 + int(share * 8))
    for name, model in (("permission_set", "PermissionSet"), ("model_set", "ModelSet")):
        tail[name] = {**walk.object(model, 0), "id": number}


def _model(_walk: Walk, tail: Tail, _share: float) -> None:
    tail |= {"has_content": True, "project_name": "project"}


def _explore(walk: Walk, tail: Tail, share: float) -> None:
    fields = walk.object("LookmlModelExploreFieldset", 0)
    for sort in ("dimensions", "measures"):
        fields[sort] = [
            {
                **Walk(walk.rng, fill=0.5).object("LookmlModelExploreField", 1),
                "name": f"v.{sort}_{i}",
            }
            for i in range(2 + int(share * 8))
        ]
    tail["fields"] = fields


RECIPES: Mapping[str, Recipe] = {
    "dashboards": Recipe(
        model="Dashboard",
        row="DashboardBase",
        head=_SEEN,
        tails=64,
        tailor=_dashboard,
        trash=True,
    ),
    "looks": Recipe(
        model="LookWithQuery",
        row="Look",
        head=_SEEN,
        tails=64,
        tailor=_look,
        trash=True,
    ),
    "boards": Recipe(
        model="Board",
        head={
            name: _SEEN[name]
            for name in (
                "id",
                "title",
                "description",
                "user_id",
                "created_at",
                "updated_at",
            )
        },
        tailor=_board,
    ),
    "folders": Recipe(
        model="Folder",
        row="FolderBase",
        head={
            **_NAMED,
            "parent_id": "{folder}",
            "created_at": '"{created}"',
            "is_shared_root": "{first}",
            "is_users_root": "{second}",
        },
        tailor=_folder,
    ),
    "users": Recipe(
        model="User",
        head={
            "id": '"{id}"',
            "display_name": '"{stem} {id}{edition}"',
            "first_name": '"{stem}"',
            "last_name": '"{id}{edition}"',
            "email": '"user{id}@example.com"',
        },
        tails=32,
        tailor=_user,
    ),
    "groups": Recipe(model="Group", head=_NAMED),
    "roles": Recipe(model="Role", head=_NAMED, tailor=_role),
    "permission_sets": Recipe(model="PermissionSet", head=_NAMED, tailor=_set),
    "model_sets": Recipe(model="ModelSet", head=_NAMED, tailor=_set),
    "lookml_models": Recipe(
        model="LookmlModel",
        head={
            "name": '"{id}"',
            "label": '"{stem} {id}{edition}"',
            "explores": "{first}",
        },
        tailor=_model,
    ),
    "explores": Recipe(
        model="LookmlModelExplore",
        head={
            "id": '"{id}"',
            "name": '"{second}"',
            "model_name": '"{first}"',
            "title": '"{stem} {second}{edition}"',
            "label": '"{stem} {second}"',
        },
        tailor=_explore,
    ),
    "scheduled_plans": Recipe(
        model="ScheduledPlan",
        head={
            **_NAMED,
            "title": _SEEN["title"],
            "user_id": _SEEN["user_id"],
            "created_at": _SEEN["created_at"],
            "updated_at": _SEEN["updated_at"],
        },
    ),
}
"""How every kind of `content.KINDS` is made up."""


def tails(recipe: Recipe, seed: str) -> list[Tail]:
    """Return the tails of *recipe*; the same ones for the same *seed*."""
    made = []
    for number in range(recipe.tails):
        rng = random.Random(f"{seed} {number}")
        walk = Walk(rng)
        tail = walk.object(recipe.model)
        recipe.tailor(walk, tail, (number + 0.5) / recipe.tails)
        made.append({name: tail[name] for name in tail if name not in recipe.head})
    return made
