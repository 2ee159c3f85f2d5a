"""What may be tried: domains, the conditional space, and its encoding in the unit cube."""

from skhpo.space.categorical import Categorical
from skhpo.space.domains import Domain
from skhpo.space.encoding import Encoding
from skhpo.space.numeric import Float, Int
from skhpo.space.space import Space

__all__ = ["Categorical", "Domain", "Encoding", "Float", "Int", "Space"]
