module github.com/fairwaygw/fairway/tests

go 1.26.0

require github.com/fairwaygw/fairway v0.0.0

replace github.com/fairwaygw/fairway => ../
