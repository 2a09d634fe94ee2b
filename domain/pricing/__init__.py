"""The arithmetic of prices: units, packs and currencies, what was agreed, margins and tolerances."""
