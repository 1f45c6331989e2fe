"""What is in a database's schemas, as comparable facts from Postgres's own catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """A table, or what belongs to one (`table` is then its name); things beside tables have table ''."""

    kind: str
    table: str
    name: str

    def __str__(self) -> str:
        if not self.table or self.kind == "table":
            return f"{self.kind} {self.name or self.table}"
        if self.kind == "column":
            return f"column {self.table}.{self.name}"
        return f"{self.kind} {self.name} on {self.table}" if self.name else f"{self.kind} of {self.table}"


Catalog = Mapping[Thing, str]


async def read(connection: asyncpg.Connection, schemas: Sequence[str]) -> Catalog:
    """Each thing and its definition. Names in the first schema are bare."""
    await connection.execute(f"SET LOCAL search_path = {schemas[0]}")
    rows = await connection.fetch(_FACTS, list(schemas))
    return {Thing(row["kind"], row["tab"], row["name"]): row["definition"] for row in rows}


# Who may do what is compared for PUBLIC and for the roles that migrations make, which nobody logs in as: whom else an
# operator lets read is no drift, and neither is who ran the migrations and so owns what they made.
_FACTS = r"""
WITH spaces AS (
    SELECT oid, nspname, CASE WHEN nspname = ($1::text[])[1] THEN '' ELSE nspname || '.' END AS prefix
    FROM pg_namespace WHERE nspname = ANY($1)
), relations AS (
    SELECT c.*, s.prefix || c.relname AS tab, s.nspname FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
), owners AS (
    SELECT oid, CASE WHEN rolcanlogin THEN '' ELSE ' owned by ' || rolname END AS owned FROM pg_roles
), routines AS (
    SELECT p.*, s.prefix || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name
    FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace
    WHERE p.prokind <> 'a' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
), rights AS (
    SELECT 'rights' AS kind, tab, '' AS name, a.* FROM relations r,
        aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))) a
    UNION ALL
    SELECT 'rights', tab, attname, a.* FROM relations r JOIN pg_attribute t ON t.attrelid = r.oid, aclexplode(attacl) a
    UNION ALL
    SELECT 'rights on routine', '', name, a.* FROM routines p,
        aclexplode(coalesce(proacl, acldefault('f', proowner))) a
    UNION ALL
    SELECT 'rights on schema', '', nspname, a.* FROM pg_namespace n, aclexplode(nspacl) a
    WHERE n.oid IN (SELECT oid FROM spaces) AND a.grantee <> 0
)
SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' ELSE 'table' END
           AS kind,
       CASE WHEN relkind = 'S' THEN '' ELSE tab END AS tab, CASE WHEN relkind = 'S' THEN tab ELSE '' END AS name,
       CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(r.oid) ELSE '' END || owned AS definition
FROM relations r JOIN owners o ON o.oid = relowner
UNION ALL
SELECT 'row-level security', tab, '', concat_ws(' and ',
       CASE WHEN relrowsecurity THEN 'enabled' ELSE 'disabled' END,
       CASE WHEN relforcerowsecurity THEN 'forced' ELSE 'not forced' END)
FROM relations WHERE relkind IN ('r', 'p')
UNION ALL
SELECT 'column', tab, attname, format_type(atttypid, atttypmod)
       || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
       || CASE attgenerated WHEN '' THEN coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '')
          ELSE ' GENERATED AS ' || pg_get_expr(adbin, adrelid) END
       || CASE attidentity WHEN '' THEN '' ELSE ' IDENTITY' END
FROM relations r JOIN pg_attribute t ON t.attrelid = r.oid AND attnum > 0 AND NOT attisdropped
LEFT JOIN pg_attrdef ON adrelid = r.oid AND adnum = attnum WHERE relkind <> 'S'
UNION ALL
SELECT 'index', tab, i.relname, replace(pg_get_indexdef(x.indexrelid), ' ON ' || nspname || '.', ' ON ')
       || CASE WHEN indisprimary THEN ' PRIMARY KEY' ELSE '' END || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END
FROM relations r JOIN pg_index x ON x.indrelid = r.oid JOIN pg_class i ON i.oid = x.indexrelid
UNION ALL
SELECT 'constraint', tab, conname, pg_get_constraintdef(k.oid)
       || CASE WHEN convalidated THEN '' ELSE ' UNVALIDATED' END
FROM relations r JOIN pg_constraint k ON k.conrelid = r.oid WHERE contype IN ('c', 'f', 'x')
UNION ALL
SELECT 'trigger', tab, tgname, pg_get_triggerdef(g.oid) || CASE tgenabled WHEN 'O' THEN '' ELSE ' DISABLED' END
FROM relations r JOIN pg_trigger g ON g.tgrelid = r.oid WHERE NOT tgisinternal
UNION ALL
SELECT 'policy', tab, polname, concat(CASE WHEN NOT polpermissive THEN 'RESTRICTIVE ' END, 'FOR ',
       CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
           ELSE 'ALL' END, ' TO ',
       (SELECT string_agg(coalesce(rolname, 'PUBLIC'), ', ' ORDER BY rolname) FROM unnest(polroles) m
        LEFT JOIN pg_roles ON pg_roles.oid = m),
       ' USING ' || pg_get_expr(polqual, polrelid), ' WITH CHECK ' || pg_get_expr(polwithcheck, polrelid))
FROM relations r JOIN pg_policy p ON p.polrelid = r.oid
UNION ALL
SELECT 'routine', '', name, pg_get_functiondef(p.oid) || owned FROM routines p JOIN owners o ON o.oid = proowner
UNION ALL
SELECT 'type', '', s.prefix || typname, string_agg(enumlabel, ', ' ORDER BY enumsortorder)
FROM pg_type t JOIN spaces s ON s.oid = typnamespace JOIN pg_enum ON enumtypid = t.oid GROUP BY 1, 2, 3
UNION ALL
SELECT kind, tab, name, string_agg(who || ' ' || may, ', ' ORDER BY who) FROM (
    SELECT kind, tab, name, coalesce(rolname, 'PUBLIC') AS who,
           string_agg(DISTINCT privilege_type, '/' ORDER BY privilege_type) AS may
    FROM rights LEFT JOIN pg_roles ON pg_roles.oid = grantee
    WHERE grantee = 0 OR (rolname LIKE 'tolstoy\_%' AND NOT rolcanlogin) GROUP BY 1, 2, 3, 4
) granted GROUP BY 1, 2, 3
"""
