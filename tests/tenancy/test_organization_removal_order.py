"""In which order an organization is removed, against the catalog: no table is forgotten."""

from __future__ import annotations

from tests.tenancy.catalog import Catalog
from tolstoy.domain import organization_removal


def test_a_removal_takes_every_table_and_each_before_what_it_refers_to(catalog: Catalog) -> None:
    order = organization_removal.TABLES
    assert {*order, *organization_removal.WITH_ANOTHER} == set(catalog.tenant)
    place = {table: number for number, table in enumerate(order)}
    wrong = [
        key.name
        for key in catalog.keys
        if key.table in place and key.target in place and place[key.table] > place[key.target]
    ]
    assert wrong == []
