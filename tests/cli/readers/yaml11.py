"""Reads YAML 1.1: a JSON list of documents on standard input, a JSON list of what they mean on standard output."""
import json
import sys

import yaml

json.dump([yaml.load(text, yaml.SafeLoader) for text in json.load(sys.stdin)], sys.stdout)
