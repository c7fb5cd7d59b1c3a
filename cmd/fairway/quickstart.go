package main

func registerQuickstart() {}
