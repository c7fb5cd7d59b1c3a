package source

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// decimals are as many as the ledger takes.
const decimals = 6

// decimal writes a JSON number, times ten to the power of shift, as a plain
// decimal. exact is false when digits were lost.
func decimal(n json.Number, shift int64) (text string, exact bool, err error) {
	r, err := rational(n)
	if err != nil {
		return "", false, err
	}
	if shift > 0 {
		r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(shift), nil)))
	}
	text = r.FloatString(decimals)
	back, _ := new(big.Rat).SetString(text)
	return trimZeros(text), back.Cmp(r) == 0, nil
}

// times writes a multiple of a JSON number as a plain decimal, rounded.
func times(n json.Number, factor int64) (string, error) {
	r, err := rational(n)
	if err != nil {
		return "", err
	}
	return trimZeros(r.Mul(r, big.NewRat(factor, 1)).FloatString(decimals)), nil
}

// rational reads a JSON number that is not negative.
func rational(n json.Number) (*big.Rat, error) {
	s := n.String()
	if sane(s) {
		if r, ok := new(big.Rat).SetString(s); ok && r.Sign() >= 0 {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%.40q is no price", s)
}

// sane reports whether a number is of a size that a price can have: the power
// of ten decides how long reckoning with it takes.
func sane(s string) bool {
	if len(s) > 64 || strings.Contains(s, "/") {
		return false
	}
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return true
	}
	power, err := strconv.Atoi(s[i+1:])
	return err == nil && power >= -40 && power <= 40
}

func trimZeros(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
