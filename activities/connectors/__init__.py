"""How other systems are reached: HTTP, mail, and the settings of both."""
