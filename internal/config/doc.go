// Package config reads the configuration file: YAML, decoded strictly, checked,
// and turned into settings that the constructors of the other packages take.
//
// Every key has a default, so that an empty file and no file are valid. Secrets
// are never written into the file: keys that end in _file name where they are.
package config
