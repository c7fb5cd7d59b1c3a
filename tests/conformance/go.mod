module github.com/fairwaygw/fairway/tests/conformance

go 1.26.0

require (
	github.com/fairwaygw/fairway/tests v0.0.0
)

replace (
	github.com/fairwaygw/fairway => ../../
	github.com/fairwaygw/fairway/tests => ../
)
