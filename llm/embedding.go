package llm

import "encoding/json"

// The operations whose requests are counted, not answered, and the one that
// chat has replaced.
const (
	OpCountTokens Operation = "count_tokens"
	OpCompletions Operation = "completions"
)

// EmbedRequest asks for a vector of each input.
type EmbedRequest struct {
	Inputs []string
	// Dimensions is the length of the vectors.
	Dimensions *int64
	// Purpose is what the vectors are for.
	Purpose Purpose
	// Title is that of the document which the inputs are from.
	Title string
	// Truncate is false where an input that is too long is to be an error.
	Truncate *bool
}

// Purpose is what embeddings are for. Vendors that know of it make other
// vectors for each.
type Purpose string

// The purposes. A vendor's own word that is none of them is kept as it is.
const (
	PurposeQuery          Purpose = "query"
	PurposeDocument       Purpose = "document"
	PurposeSimilarity     Purpose = "similarity"
	PurposeClassification Purpose = "classification"
	PurposeClustering     Purpose = "clustering"
)

// Embedding is the vector of one input: the text of a JSON array of numbers,
// so that no digit of it is lost on the way.
type Embedding = json.RawMessage

// RerankRequest asks how well documents answer a query.
type RerankRequest struct {
	Query     string
	Documents []string
	// TopN is how many of the best to return; nil: all.
	TopN *int64
	// ReturnDocuments asks for the documents beside their places.
	ReturnDocuments bool
}

// Ranking is how well one document answers the query.
type Ranking struct {
	// Index is the document's place in the request.
	Index int
	// Score is a number as the provider wrote it.
	Score json.RawMessage
	// Document is its text, where it was asked for.
	Document *string
}

// The fields that embeddings and reranking have beside those of chat.
const (
	FieldDimensions Field = "dimensions"
	FieldPurpose    Field = "input_type"
	FieldTitle      Field = "title"
	FieldTruncate   Field = "truncate"
)
