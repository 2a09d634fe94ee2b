"""The main job, before one's eyes: a day of held orders, with people, faults and a worker that dies in the middle."""
