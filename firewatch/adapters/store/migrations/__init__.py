"""The steps from each version of the tables to the next; applied by `firewatch.adapters.store.migrate`."""
