from records import Database


def test_a_database_of_the_embedded_server_answers(database: Database) -> None:
    assert database.ping().startswith("18")
