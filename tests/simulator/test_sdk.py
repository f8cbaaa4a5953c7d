"""The official SDK, with its own transport and models, reads what we serve."""

import pytest
from looker_sdk.rtl import api_settings, auth_session, requests_transport, serialize
from looker_sdk.sdk.api40.methods import Looker40SDK


class Ours(api_settings.ApiSettings):
    """Settings that come from nowhere but here."""

    def __init__(self, looker):
        self._looker = looker
        super().__init__(filename="", section=None)

    def read_config(self):
        return {
            "base_url": self._looker.base_url,
            "client_id": self._looker.client_id,
            "client_secret": self._looker.client_secret,
            "timeout": "20",
        }


@pytest.fixture
def sdk(client):
    transport = requests_transport.RequestsTransport.configure(Ours(client.looker))
    auth = auth_session.AuthSession(
        Ours(client.looker), transport, serialize.deserialize40, "4.0"
    )
    yield Looker40SDK(
        auth, serialize.deserialize40, serialize.serialize40, transport, "4.0"
    )
    transport.session.close()


def test_every_sort_of_single_item_fits_its_model(sdk):
    assert all(sdk.dashboard(str(n)).dashboard_elements for n in range(1, 30))
    assert all(sdk.look(str(n)).query.model == "model_1" for n in range(1, 30))
    assert all(sdk.user(str(n)).role_ids for n in range(1, 33))
    assert sdk.lookml_model_explore("model_1", "explore_1").fields.dimensions
    assert sdk.folder("lookml").id == "lookml"


def test_every_listing_fits_its_model(sdk):
    assert len(sdk.search_dashboards(limit=5, sorts="id", fields="id,updated_at")) == 5
    assert sdk.search_looks(limit=5, deleted=True)[0].deleted
    assert sdk.all_scheduled_plans(all_users=True)[0].updated_at
    assert sdk.all_boards()[0].board_sections[0].board_items
    assert sdk.all_roles()[0].permission_set.id
    assert len(sdk.all_folders()) == 150
    for listing in (
        sdk.all_permission_sets,
        sdk.all_model_sets,
        sdk.all_lookml_models,
        sdk.all_groups,
        sdk.search_groups,
        sdk.all_users,
    ):
        assert listing()


def test_the_sdk_logs_in_asks_who_it_is_and_logs_out(sdk):
    assert sdk.me().id == "1"
    assert sdk.versions().looker_release_version
    sdk.auth.logout()
