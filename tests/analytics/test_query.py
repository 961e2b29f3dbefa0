from datetime import date

import duckdb
import pytest

from chengshu.analytics.query import Query, Step

SPANS = Step(
    "spans",
    """
    SELECT district, failed_on, coalesce(repaired_on, $until) AS until
    FROM lamp_failures WHERE failed_on >= $since -- open ones count to $the_end; or so
    """,
)
DAYS = Step(
    "days",
    "SELECT district, sum(until - failed_on) AS days FROM spans GROUP BY district ORDER BY days",
)
BOUND = {"since": date(2026, 3, 1), "until": date(2026, 3, 31)}


@pytest.fixture
def database():
    with duckdb.connect(":memory:") as connection:
        connection.execute("""
            CREATE TABLE lamp_failures AS FROM (VALUES
                ('east', DATE '2026-03-02', DATE '2026-03-05'),
                ('east', DATE '2026-02-02', DATE '2026-03-05'),
                ('west', DATE '2026-03-30', NULL)
            ) AS t(district, failed_on, repaired_on)
        """)
        yield connection


def test_the_answer_is_the_last_step_over_the_earlier_ones(database):
    query = Query((SPANS, DAYS), BOUND)

    rows = database.execute(query.sql, dict(query.params)).fetchall()

    assert rows == [("west", 1), ("east", 3)]


def test_the_sql_is_one_with_statement_that_names_its_values():
    query = Query((SPANS, DAYS), BOUND)

    assert query.sql.startswith("WITH spans AS (")
    assert "$since" in query.sql
    assert "2026" not in query.sql


def test_a_single_step_stands_alone(database):
    query = Query((Step("count", "SELECT count(*) FROM lamp_failures"),))

    assert database.execute(query.sql).fetchall() == [(3,)]


def test_a_value_stays_a_value_whatever_it_says(database):
    step = Step("found", "SELECT district FROM lamp_failures WHERE district = $name")
    query = Query((step,), {"name": "east' OR 1=1 --"})

    rows = database.execute(query.sql, dict(query.params)).fetchall()

    assert rows == []


def test_dollar_signs_in_text_and_comments_are_no_parameters():
    step = Step("prices", "SELECT '$5; fine' AS price, \"$x\" FROM t /* $no */ WHERE n > $least")

    assert step.parameters == {"least"}


@pytest.mark.parametrize("name", ["", "Spans", "spans;", "a b", "1st", "spans)--"])
def test_a_step_with_an_unsafe_name_is_refused(name):
    with pytest.raises(ValueError, match="a name is lower-case"):
        Step(name, "SELECT 1")


@pytest.mark.parametrize("sql", ["", "  \n", "SELECT 1; DROP TABLE lamp_failures"])
def test_a_step_that_is_not_one_statement_is_refused(sql):
    with pytest.raises(ValueError, match="one statement"):
        Step("spans", sql)


@pytest.mark.parametrize(
    "params", [{}, {"since": 1}, BOUND | {"extra": 1}], ids=["none", "too few", "too many"]
)
def test_parameters_that_do_not_match_are_refused(params):
    with pytest.raises(ValueError, match="'since', 'until'.* are bound as"):
        Query((SPANS, DAYS), params)


@pytest.mark.parametrize("steps", [(), (DAYS, DAYS)])
def test_steps_need_one_name_each(steps):
    with pytest.raises(ValueError, match="one name each"):
        Query(steps)
