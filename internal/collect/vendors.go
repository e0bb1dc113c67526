package collect

import "strings"

// vendorRules returns the rules of what clouds, forges and services give out in
// a form of their own.
func vendorRules() []rule {
	all := []rule{
		prefixed("aws_access_key", form{isBase32, 16, 16}, "AKIA", "ASIA", "ABIA", "ACCA"),
		prefixed("gcp_key", form{isURLSafe, 35, 35}, "AIza"),
		prefixed("gcp_key", form{isURLSafe, 20, maxToken}, "ya29.", "GOCSPX-", "1//0"),
		behind("azure_key", form{isBase64, 20, maxToken}, "accountkey=", "sharedaccesskey="),
		behind("azure_sas", form{isEscapedBase64, 20, maxToken}, "sig="),
		prefixed("github_token", form{isWordByte, 20, maxToken}, "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
		prefixed("gitlab_token", form{isTokenByte, 20, maxToken},
			"glpat-", "gldt-", "glrt-", "glptt-", "glft-", "glsoat-", "glcbt-", "glagent-", "glimt-", "glffct-", "gloas-", "glwt-", "GR1348941"),
		prefixed("slack_token", form{isNameByte, 10, maxToken}, "xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"),
		token("slack_token", `hooks\.slack\.com/[a-z]+/([A-Za-z0-9/_-]{20,})`, "hooks.slack.com/"),
		prefixed("stripe_key", form{isAlphanumeric, 10, maxToken}, "sk_live_", "sk_test_", "rk_live_", "rk_test_"),
		prefixed("stripe_key", form{isBase64, 20, maxToken}, "whsec_"),
		prefixed("npm_token", form{isAlphanumeric, 36, 36}, "npm_"),
		token(ruleVendorToken, `sk-(?:[a-z0-9]{2,12}-){0,2}[A-Za-z0-9_-]{20,}`, "sk-"),                                                                       // OpenAI, Anthropic
		token(ruleVendorToken, `SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`, "sg."),                                                                          // SendGrid
		token(ruleVendorToken, `PMAK-[a-f0-9]{24}-[a-f0-9]{34}`, "pmak-"),                                                                                    // Postman
		token(ruleVendorToken, `tskey-[a-z]+-[A-Za-z0-9-]{20,}`, "tskey-"),                                                                                   // Tailscale
		token(ruleVendorToken, `discord(?:app)?\.com/api/webhooks/[0-9]+/([A-Za-z0-9_-]{40,})`, "discord.com/api/webhooks/", "discordapp.com/api/webhooks/"), // Discord
		token(ruleVendorToken, `/webhookb2/([A-Za-z0-9@/-]{40,})`, "/webhookb2/"),                                                                            // Microsoft Teams
		{name: ruleVendorToken, literals: []string{":aa"}, find: infix(isDigit, 6, 12, `:AA[A-Za-z0-9_-]{32,36}`)},                                           // Telegram's bots
		{name: ruleVendorToken, literals: []string{"q~"}, find: infix(isTokenByte, 4, 4, `Q~[A-Za-z0-9_~.-]{31,34}`)},                                        // Entra ID
		{name: ruleVendorToken, literals: []string{".atlasv1."}, find: infix(isAlphanumeric, 14, 14, `\.atlasv1\.[A-Za-z0-9_=-]{40,}`)},                      // Terraform
	}
	for _, v := range vendors {
		all = append(all, prefixed(ruleVendorToken, v.form, v.prefixes...))
	}
	return all
}

// vendors are the other services' tokens: what each begins with, and what follows.
var vendors = []struct {
	form     form
	prefixes []string
}{
	{form{isURLSafe, 20, maxToken}, []string{"hvs.", "hvb.", "hvr."}}, // Vault
	{form{isURLSafe, 20, maxToken}, []string{"pypi-AgE"}},
	{form{isHex, 40, maxToken}, []string{"dop_v1_", "doo_v1_", "dor_v1_"}},  // DigitalOcean
	{form{isURLSafe, 20, maxToken}, []string{"dckr_pat_", "dckr_oat_"}},     // Docker Hub
	{form{isAlphanumeric, 30, maxToken}, []string{"hf_", "lin_api_"}},       // Hugging Face, Linear
	{form{isBase64, 20, maxToken}, []string{"glsa_", "glc_"}},               // Grafana
	{form{isHex, 32, 32}, []string{"shpat_", "shpss_", "shpca_", "shppa_"}}, // Shopify
	{form{isAlphanumeric, 12, 30}, []string{"LTAI"}},                        // Alibaba Cloud
	{form{isAlphanumeric, 28, 40}, []string{"AKID"}},                        // Tencent Cloud
	{form{isBase64, 40, maxToken}, []string{"ATATT3"}},                      // Atlassian
	{form{isAlphanumeric, 28, maxToken}, []string{"ATBB"}},                  // Bitbucket
	{form{isAlphanumeric, 27, 27}, []string{"NRAK-"}},                       // New Relic
	{form{isHex, 32, 32}, []string{"dapi", "key-"}},                         // Databricks, Mailgun
	{form{isHex, 40, 40}, []string{"pul-", "sqp_", "squ_", "sqa_"}},         // Pulumi, SonarQube
	{form{isBase64, 20, maxToken}, []string{"sntrys_", "sntryu_"}},          // Sentry
	{form{isTokenByte, 40, maxToken}, []string{"dp.pt.", "dp.st."}},         // Doppler
	{form{isAlphanumeric, 40, maxToken}, []string{"gsk_", "AKCp"}},          // Groq, Artifactory
	{form{isHex, 48, 48}, []string{"rubygems_"}},
}

// form is what follows the beginning of a token: from least to most bytes of a
// class.
type form struct {
	class       func(byte) bool
	least, most int
}

// prefixed makes a rule of tokens that begin with one of the prefixes, where no
// word goes before it. What is longer than the most is no such token but for
// its first part, which is taken all the same.
func prefixed(name string, f form, prefixes ...string) rule {
	r := rule{name: name}
	for _, prefix := range prefixes {
		r.literals = append(r.literals, strings.ToLower(prefix))
	}
	r.find = func(text string, start, end int) (int, int, bool) {
		if start > 0 && isTokenByte(text[start-1]) || !hasPrefixOf(text[start:end], prefixes) {
			return 0, 0, false
		}
		length := runLength(text[end:], f.class)
		if length < f.least {
			return 0, end + length, false
		}
		return start, end + min(length, f.most), true
	}
	return r
}

// behind makes a rule of what stands behind one of the literals, where no word
// goes before it.
func behind(name string, f form, literals ...string) rule {
	return rule{name: name, literals: literals, find: func(text string, start, end int) (int, int, bool) {
		if start > 0 && isTokenByte(text[start-1]) {
			return 0, 0, false
		}
		length := runLength(text[end:], f.class)
		return end, end + min(length, f.most), length >= f.least
	}}
}

// hasPrefixOf reports whether a text is one of the prefixes in the very letters.
func hasPrefixOf(text string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if text == prefix {
			return true
		}
	}
	return false
}

func isHex(b byte) bool { return isDigit(b) || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F' }

func isBase32(b byte) bool { return 'A' <= b && b <= 'Z' || '2' <= b && b <= '7' }

func isBase64(b byte) bool { return isURLSafe(b) || b == '+' || b == '/' || b == '=' }

func isEscapedBase64(b byte) bool { return isBase64(b) || b == '%' }

func isURLSafe(b byte) bool { return isWordByte(b) || b == '-' }

func isNameByte(b byte) bool { return isAlphanumeric(b) || b == '-' }
