"""Messages in the envelope of Kafka Connect (`schema` and `payload`) as typed columns."""
