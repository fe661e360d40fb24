"""Use cases over ports: intake, association, rating, alerting, review."""
