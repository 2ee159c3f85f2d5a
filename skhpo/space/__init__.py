"""What may be tried: domains, the conditional space, and its encoding in the unit cube."""

from skhpo.space.domains import Categorical, Domain, Float, Int
from skhpo.space.encoding import Encoding
from skhpo.space.space import Space

__all__ = ["Categorical", "Domain", "Encoding", "Float", "Int", "Space"]
