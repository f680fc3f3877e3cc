"""What is known, as text for people and machines: comments, the terminal, JSON. PURE."""
