"""A Looker in memory: what the source of a test reads from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from lookervault.content import KINDS, Kind
from lookervault.errors import LookerError, Sort
from lookervault.looker.base import Answer, Watch
from lookervault.records import Login


class Thing(msgspec.Struct, frozen=True):
    """One item of a Looker."""

    id: str
    folder: str | None = None
    deleted: bool = False
    version: int = 1

    @property
    def updated_at(self) -> str:
        """When it was last changed, made up from its version."""
        return f"2026-01-{1 + self.version % 28:02d}T00:00:00.000+00:00"

    def body(self, kind: Kind) -> bytes:
        """Return it as Looker would send it."""
        return msgspec.json.encode(
            {
                kind.id: self.id,
                "title": f"{kind.name} {self.id}, version {self.version}",
                "updated_at": self.updated_at,
                "deleted": self.deleted,
                kind.folder or "folder_id": self.folder,
                "query": {"id": f"q{self.id}"},
            }
        )


class FakeLooker:
    """A `Source` that serves *things*; *trouble* is raised before a request is served.

    *cap* bounds its pages, whatever is asked for.
    """

    def __init__(
        self,
        things: Mapping[str, Iterable[Thing]],
        *,
        cap: int = 10_000,
        trouble: Callable[[str], LookerError | None] = lambda _: None,
    ) -> None:
        self.things = {
            kind: {thing.id: thing for thing in some} for kind, some in things.items()
        }
        self.served: dict[tuple[str, str], set[bytes]] = {}
        """Every body that was sent of an item."""
        self.requests: list[tuple[str, Mapping[str, object]]] = []
        self._cap = cap
        self._trouble = trouble
        self._lock = threading.Lock()
        self._single = {kind.single.call: kind for kind in KINDS.values()}
        self._by_folder = {k.by_folder.call: k for k in KINDS.values() if k.by_folder}

    # What a `Source` does

    @property
    def instance(self) -> str:
        """The address that it pretends to have."""
        return "https://looker.example"

    @property
    def calls(self) -> int:
        """How many requests there were."""
        return len(self.requests)

    def login(self) -> Login:
        """Pretend that an administrator reads."""
        return Login("1", ("2",), "Ada")

    def version(self) -> str:
        """Return a version."""
        return "26.12.0"

    def close(self) -> None:
        """Do nothing."""

    def call(self, name: str, parameters: Mapping[str, object], watch: Watch) -> Answer:
        """Answer as Looker would, or raise the next trouble."""
        with self._lock:
            self.requests.append((name, parameters))
            trouble = self._trouble(name)
            if trouble is not None:
                raise trouble
            watch.beat()
            body = self._answer(name, parameters)
        watch.more(len(body))
        return Answer(body, seconds=0.01)

    # What a test does to it

    def put(self, kind: str, thing: Thing) -> None:
        """Create or replace an item."""
        self.things.setdefault(kind, {})[thing.id] = thing

    def delete(self, kind: str, id_: str) -> None:
        """Delete an item for good."""
        self.things[kind].pop(id_, None)

    def update(self, kind: str, id_: str) -> None:
        """Change an item."""
        thing = self.things[kind].get(id_)
        if thing is not None:
            self.put(kind, replace(thing, version=thing.version + 1))

    def trash(self, kind: str, id_: str) -> None:
        """Move an item to the trash."""
        thing = self.things[kind].get(id_)
        if thing is not None:
            self.put(kind, replace(thing, deleted=True))

    # How it answers

    def _answer(self, name: str, parameters: Mapping[str, object]) -> bytes:
        if name in self._single:
            return self._one(self._single[name], parameters)
        if name in self._by_folder:
            kind = self._by_folder[name]
            folder = parameters["folder_id"]
            there = self._listed(kind, {"folder_id": folder})
            return b"[" + b",".join(self._send(kind, thing) for thing in there) + b"]"
        kind = self._listing(name, parameters)
        page = list(self._listed(kind, parameters))
        offset, limit = parameters.get("offset"), parameters.get("limit")
        if isinstance(offset, int) and isinstance(limit, int):
            page = page[offset : offset + min(self._cap, limit)]
        fields = parameters.get("fields")
        if fields is not None:
            return self._rows(kind, page, str(fields).split(","))
        return b"[" + b",".join(self._send(kind, thing) for thing in page) + b"]"

    def _listing(self, name: str, parameters: Mapping[str, object]) -> Kind:
        """Two kinds may share a call: their fields tell which is meant."""
        kinds = [kind for kind in KINDS.values() if kind.listing.call == name]
        fields = parameters.get("fields")
        return next((k for k in kinds if k.listing.fields == fields), kinds[0])

    def _listed(self, kind: Kind, parameters: Mapping[str, object]) -> Iterator[Thing]:
        trash = parameters.get("deleted") in {"true", True}
        folder = parameters.get("folder_id")
        things = self.things.get(kind.name, {}).values()
        for thing in sorted(things, key=lambda thing: (len(thing.id), thing.id)):
            if thing.deleted == trash and folder in {None, thing.folder}:
                yield thing

    def _one(self, kind: Kind, parameters: Mapping[str, object]) -> bytes:
        id_ = "::".join(str(value) for value in parameters.values())
        thing = self.things.get(kind.name, {}).get(id_)
        if thing is None:
            raise LookerError(Sort.NOT_FOUND, f"There is no {id_}.", status=404)
        return self._send(kind, thing)

    def _send(self, kind: Kind, thing: Thing) -> bytes:
        body = thing.body(kind)
        self.served.setdefault((kind.name, thing.id), set()).add(body)
        return body

    def _rows(self, kind: Kind, page: Iterable[Thing], fields: list[str]) -> bytes:
        if kind.listing.each is None:
            return msgspec.json.encode([_row(kind, thing, fields) for thing in page])
        nested: dict[str, list[dict[str, str]]] = {}
        for thing in page:
            outer, _, inner = thing.id.partition("::")
            nested.setdefault(outer, []).append({"name": inner})
        rows = [
            {"name": name, kind.listing.each: some} for name, some in nested.items()
        ]
        return msgspec.json.encode(rows)


def _row(kind: Kind, thing: Thing, fields: list[str]) -> dict[str, object]:
    """Return *fields* of *thing*, such as a census of *kind* asks for."""
    known = {
        kind.id: thing.id,
        "updated_at": thing.updated_at,
        "deleted": thing.deleted,
        kind.folder or "folder_id": thing.folder,
    }
    return {field: known[field] for field in fields}
