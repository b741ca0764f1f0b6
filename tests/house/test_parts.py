"""Claims about the real parts: there when they are there, named when they are not, required when told so."""

import sqlalchemy
from playwright.sync_api import Page


def test_a_database_is_new_and_real(postgres_url: str) -> None:
    engine = sqlalchemy.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("create table only_here (id int)"))
        assert "PostgreSQL" in connection.execute(sqlalchemy.text("select version()")).scalar_one()
    engine.dispose()


def test_a_database_is_never_shared(postgres_url: str) -> None:
    """The table of the test above, in either order, is not here."""
    engine = sqlalchemy.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("create table only_here (id int)"))
    engine.dispose()


def test_the_browser_runs_scripts(page: Page) -> None:
    page.set_content("<p>before</p><script>document.querySelector('p').textContent = 'after'</script>")
    assert page.inner_text("p") == "after"
