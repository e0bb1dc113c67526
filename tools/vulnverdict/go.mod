module github.com/aftercheck/aftercheck/tools/vulnverdict

go 1.26.0
