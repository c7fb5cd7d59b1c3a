// Package platform tests what makes the gateway a platform, from end to end:
// tenants publish, applications ask, approvers decide, and calls pass or do not.
package platform
