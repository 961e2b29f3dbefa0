import pytest
@pytest.mark.django_db
def test_db():
    from django.db import connection
    with connection.cursor() as c:
        c.execute("select current_database()"); assert c.fetchone()[0]=="test_chengshu"
def test_s(shared): assert shared.is_dir()
