"""What people do with a question: pure transitions of a task, and what must hold before them."""
