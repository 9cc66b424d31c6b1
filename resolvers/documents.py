"""The documents that callers send: read, held against the limits and validated once, and then kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLError, GraphQLSchema, GraphQLSyntaxError, NoSchemaIntrospectionCustomRule, specified_rules
from graphql.language import DocumentNode, parse
from graphql.validation import validate
from graphql.validation.rules import overlapping_fields_can_be_merged as overlapping
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from resolvers.cost import Rows, operations_of
from resolvers.guard import check_size, too_complex
from resolvers.limits import Limits

CHARACTERS_PER_TOKEN = 16
"""On average, blanks and comments among them: what is longer is not read at all."""
_MAX_ERRORS = 20
_KEPT_CHARACTERS = 250_000
"""A document takes up to 400 bytes for each."""
_ABORTED = "Validation aborted."
_UNREAD = "Parsing aborted."

# Steps in which the fields of one document are held against one another; the library's own limit takes seconds.
overlapping.MAX_COMPLEXITY_BUDGET = 5_000


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document within the limits."""

    node: DocumentNode
    operations: Mapping[str | None, Rows]
    """What each operation reads, by its name."""

    def operation(self, name: str | None) -> Rows | None:
        """The one of that name; without a name the only one there is."""
        if name is None and len(self.operations) == 1:
            (only,) = self.operations.values()
            return only
        return self.operations.get(name)


class UnfitDocumentError(Exception):
    """A document is none, is not valid, or is too large: `errors` are for the caller."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(errors[0].message)
        self.errors = list(errors)


class Documents:
    """Documents of one schema. Those that are refused are never kept; of the others the ones that were asked for last,
    up to 250,000 characters."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, exploring: bool) -> None:
        """Where `exploring` is off, nothing is told of the schema: no introspection, no suggested names."""
        self._schema = schema
        self._limits = limits
        self._exploring = exploring
        rules = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
        self._rules = rules if exploring else (*rules, NoSchemaIntrospectionCustomRule)
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def read(self, text: str) -> Document:
        """Raises UnfitDocumentError."""
        kept = self._kept.get(text)
        if kept is not None:
            self._kept.move_to_end(text)
            return kept
        node = self._parsed(text, places=self._exploring)
        try:
            check_size(node, self._limits)
        except GraphQLError as error:
            raise UnfitDocumentError(error) from error
        self._validate(node)
        if self._exploring:
            node = self._parsed(text, places=False)
        document = Document(node, operations_of(self._schema, node))
        self._keep(text, document)
        return document

    def _parsed(self, text: str, *, places: bool) -> DocumentNode:
        """With `places` its errors tell where. But nodes that know where they stood hold all tokens of the text, in
        cycles: looking through them for garbage, again and again while they are kept, would hold up everybody."""
        tokens = self._limits.tokens
        longest = tokens * CHARACTERS_PER_TOKEN
        if len(text) > longest:
            message = f"The document has {len(text):,} characters: at most {longest:,} are read, 16 times API_TOKENS."
            raise UnfitDocumentError(too_complex(message))
        try:
            return parse(text, no_location=not places, max_lexical_tokens=tokens, max_comments=tokens)
        except GraphQLSyntaxError as error:
            if not error.message.endswith(_UNREAD):
                # Not as it is: over WebSocket that kind would close the connection, with all that goes on there.
                plain = GraphQLError(error.message, source=error.source, positions=error.positions)
                raise UnfitDocumentError(plain) from error
            message = f"The document is too long or nested too deeply: at most {tokens:,} tokens are read (API_TOKENS)."
            raise UnfitDocumentError(too_complex(message)) from error

    def _validate(self, node: DocumentNode) -> None:
        errors = validate(self._schema, node, self._rules, _MAX_ERRORS, hide_suggestions=not self._exploring)
        if errors and errors[-1].message == _ABORTED:
            message = "The document repeats fields or fragments too often to compare them all: select each field once."
            errors[-1] = too_complex(message)
        if errors:
            raise UnfitDocumentError(*errors)

    def _keep(self, text: str, document: Document) -> None:
        self._kept[text] = document
        self._characters += len(text)
        while self._characters > _KEPT_CHARACTERS:
            oldest, _ = self._kept.popitem(last=False)
            self._characters -= len(oldest)
