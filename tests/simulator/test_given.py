"""Items that are given as files are served byte for byte."""

import json

import pytest

from lookervault.errors import UsageError
from lookervault.simulator.catalog import Catalog
from lookervault.simulator.settings import Settings

ODD = rb'{ "id":"7", "title":"\u00e9 \ud83d\ude80", "n": 1E+2, "folder_id": "3" }'


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "dashboards" / "a.json").write_bytes(b"\n" + ODD + b"\n")
    (tmp_path / "dashboards" / "b.json").write_bytes(b'{"id":"12","deleted":true}')
    (tmp_path / "looks.jsonl").write_bytes(
        b'{"id":"10","query":{"id":"q"},"title":"x"}\n\n{"id":"9"}\n'
    )
    return tmp_path


def test_bodies_are_served_as_they_are(simulate, directory):
    client = simulate(content=str(directory))

    assert client.get("/dashboards/7")[2] == ODD
    assert client.get("/dashboards/search")[2] == b"[" + ODD + b"]"
    assert client.ids("/dashboards/search", deleted="true") == ["12"]
    assert client.ids("/dashboards/search", folder_id="3") == ["7"]
    assert client.ids("/dashboards/search", folder_id="4") == []


def test_ids_are_sorted_as_numbers_and_rows_lack_what_listings_lack(
    simulate, directory
):
    client = simulate(content=str(directory))

    rows = client.rows("/looks/search")

    assert rows == [{"id": "9"}, {"id": "10", "title": "x"}]
    assert client.rows("/looks/10")["query"] == {"id": "q"}


def test_kinds_without_files_are_empty_unless_a_size_is_given(simulate, directory):
    client = simulate(content=str(directory), sizes={"roles": 3})

    assert client.rows("/boards") == []
    assert len(client.rows("/roles")) == 3


@pytest.mark.parametrize("text", [b"nonsense", b"[]", b"{}", b'{"id":7}', b'{"id":""}'])
def test_a_file_that_holds_no_item_is_named(tmp_path, text):
    (tmp_path / "looks.jsonl").write_bytes(
        json.dumps({"id": "1"}).encode() + b"\n" + text
    )

    with pytest.raises(UsageError, match="line 2"):
        Catalog(Settings(content=str(tmp_path)))


def test_a_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match="missing"):
        Catalog(Settings(content=str(tmp_path / "missing")))
