module github.com/aftercheck/aftercheck/tools/vulndb

go 1.26.0
