"""Models as text: TOML, JSON, YAML and plain tables, both ways; kinds by name; a schema for editors."""

from questscore.codec.files import dump_model, load_model
from questscore.codec.json_schema import schema
from questscore.codec.registry import register
from questscore.codec.unstructure import to_mapping

__all__ = ["dump_model", "load_model", "register", "schema", "to_mapping"]
