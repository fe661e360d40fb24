"""Where a camera really looks: from a chessboard, from landmarks, from the skyline."""
