// Package faults tests what callers see when providers fail.
package faults
