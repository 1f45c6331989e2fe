"""What an organization's file has, against the catalog: all is decided about."""

from __future__ import annotations

from tests.tenancy.catalog import Catalog
from tolstoy.domain.transfer.tables import EXPORTED, LEFT_OUT


def test_every_table_is_in_the_file_or_left_out_for_a_reason(catalog: Catalog) -> None:
    exported = {table.name for table in EXPORTED}
    assert exported | LEFT_OUT.keys() == {"organizations", *catalog.tenant}
    assert exported & LEFT_OUT.keys() == set()


def test_every_column_is_in_the_file_or_left_out_for_a_reason(catalog: Catalog) -> None:
    for table in EXPORTED:
        decided = [*table.columns, *table.left_out, *(["org_id"] if table.mine == "org_id" else [])]
        assert sorted(decided) == sorted(catalog.columns[table.name]), table.name


def test_no_bytes_are_in_the_file_but_what_hooks_received(catalog: Catalog) -> None:
    """Secrets that are sealed, and what tokens are known again by."""
    found = {
        f"{table.name}.{column}"
        for table in EXPORTED
        for column in table.columns
        if catalog.columns[table.name][column] == "bytea"
    }
    assert found == {"hook_deliveries.body"}


def test_rows_come_after_those_that_they_refer_to(catalog: Catalog) -> None:
    place = {table.name: number for number, table in enumerate(EXPORTED)}
    wrong = [
        key.name
        for key in catalog.keys
        if key.table in place and key.target in place and place[key.table] < place[key.target]
    ]
    assert wrong == []
