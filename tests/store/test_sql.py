"""One SQL text for both engines."""

import pytest

from autonomy_pack.errors import UsageError
from autonomy_pack.store import open_store, sql
from autonomy_pack.store.postgres import translated
from autonomy_pack.store.sqlite import require_version


def test_places_become_psycopg_s_and_nothing_else_changes():
    assert translated("a = :a and b < :b_2") == "a = %(a)s and b < %(b_2)s"
    assert translated("x % 2 = 0 and c::text = ''") == "x %% 2 = 0 and c::text = ''"


def test_the_auto_key_is_the_only_part_of_the_tables_that_differs():
    assert sum(text.count("{") for text in sql.TABLES) == 1
    assert "{auto_key}" in sql.TABLES[0]


@pytest.mark.parametrize("version", [(3, 34, 1), (2, 9, 0)])
def test_an_sqlite_without_returning_is_refused(version):
    with pytest.raises(UsageError, match=r"3\.35 is needed"):
        require_version(version)
    require_version((3, 35, 0))


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "postgresql://u:s3cret@h/db?nonsense=1", "postgresql://u:s3cret@h:notaport/db"]
)
def test_an_address_that_cannot_be_used_is_refused_without_its_password(url):
    with pytest.raises(Exception) as refused:
        open_store(url)
    assert "s3cret" not in str(refused.value) + refused.value.fix


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path):
    host = str(tmp_path).replace("/", "%2F")
    with pytest.raises(Exception) as refused:
        open_store(f"postgresql://u:s3cret@{host}/db")
    assert "s3cret" not in refused.value.says
    assert refused.value.exit_code == 4
