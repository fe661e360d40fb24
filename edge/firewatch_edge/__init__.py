"""The firewatch node for a watchtower: cameras in, smoke sightings out."""
