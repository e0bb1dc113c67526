package collect

// vendorRules returns the rules of what clouds, forges and services give out in
// a form of their own.
func vendorRules() []rule {
	known := []rule{
		token("aws_access_key", `(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}`, "akia", "asia", "abia", "acca"),
		token("gcp_key", `AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,}|1//0[0-9A-Za-z_-]{20,}`, "aiza", "ya29.", "gocspx-", "1//0"),
		token("azure_key", `(?i)(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{20,}=*)`, "accountkey=", "sharedaccesskey="),
		token("azure_sas", `sig=([A-Za-z0-9%+/]{20,}=*)`, "sig="),
		token("github_token", `gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{20,}`, "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
		token("gitlab_token", `gl[a-z]{2,6}-[A-Za-z0-9_.-]{20,}|GR1348941[A-Za-z0-9_-]{20,}`,
			"glpat-", "gldt-", "glrt-", "glptt-", "glft-", "glsoat-", "glcbt-", "glagent-", "glimt-", "glffct-", "gloas-", "glwt-", "gr1348941"),
		token("slack_token", `xox[a-z]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|hooks\.slack\.com/[a-z]+/([A-Za-z0-9/_-]{20,})`,
			"xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-", "hooks.slack.com/"),
		token("stripe_key", `[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{20,}`, "sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"),
		token("npm_token", `npm_[A-Za-z0-9]{36}`, "npm_"),
		{name: ruleVendorToken, literals: []string{":aa"}, find: infix(isDigit, 6, 12, `:AA[A-Za-z0-9_-]{32,36}`)},                      // Telegram's bots
		{name: ruleVendorToken, literals: []string{"q~"}, find: infix(isTokenByte, 4, 4, `Q~[A-Za-z0-9_~.-]{31,34}`)},                   // Entra ID
		{name: ruleVendorToken, literals: []string{".atlasv1."}, find: infix(isAlphanumeric, 14, 14, `\.atlasv1\.[A-Za-z0-9_=-]{40,}`)}, // Terraform
	}
	for _, vendor := range vendors {
		known = append(known, token(ruleVendorToken, vendor.form, vendor.literals...))
	}
	return known
}

// vendors are the other services' tokens: what each begins with, in lower case,
// and its form.
var vendors = []struct {
	literals []string
	form     string
}{
	{[]string{"sk-"}, `sk-(?:[a-z0-9]{2,12}-){0,2}[A-Za-z0-9_-]{20,}`}, // OpenAI, Anthropic
	{[]string{"hvs.", "hvb.", "hvr."}, `hv[sbr]\.[A-Za-z0-9_-]{20,}`},  // Vault
	{[]string{"sg."}, `SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`},    // SendGrid
	{[]string{"pypi-age"}, `pypi-AgE[A-Za-z0-9_-]{20,}`},
	{[]string{"dop_v1_", "doo_v1_", "dor_v1_"}, `do[opr]_v1_[a-f0-9]{40,}`}, // DigitalOcean
	{[]string{"dckr_pat_", "dckr_oat_"}, `dckr_[op]at_[A-Za-z0-9_-]{20,}`},  // Docker Hub
	{[]string{"hf_"}, `hf_[A-Za-z0-9]{30,}`},                                // Hugging Face
	{[]string{"glsa_", "glc_"}, `gl(?:sa|c)_[A-Za-z0-9_+/=]{20,}`},          // Grafana
	{[]string{"shpat_", "shpss_", "shpca_", "shppa_"}, `shp(?:at|ss|ca|pa)_[a-fA-F0-9]{32}`},
	{[]string{"lin_api_"}, `lin_api_[A-Za-z0-9]{30,}`},
	{[]string{"ltai"}, `LTAI[A-Za-z0-9]{12,30}`},                        // Alibaba Cloud
	{[]string{"akid"}, `AKID[A-Za-z0-9]{28,40}`},                        // Tencent Cloud
	{[]string{"atatt3"}, `ATATT3[A-Za-z0-9_=-]{40,}`},                   // Atlassian
	{[]string{"atbb"}, `ATBB[A-Za-z0-9]{28,}`},                          // Bitbucket
	{[]string{"nrak-"}, `NRAK-[A-Z0-9]{27}`},                            // New Relic
	{[]string{"dapi"}, `dapi[a-f0-9]{32}(?:-[0-9])?`},                   // Databricks
	{[]string{"key-"}, `key-[a-f0-9]{32}`},                              // Mailgun
	{[]string{"tskey-"}, `tskey-[a-z]+-[A-Za-z0-9-]{20,}`},              // Tailscale
	{[]string{"pul-"}, `pul-[a-f0-9]{40}`},                              // Pulumi
	{[]string{"sntrys_", "sntryu_"}, `sntry[su]_[A-Za-z0-9+/=_-]{20,}`}, // Sentry
	{[]string{"dp.pt.", "dp.st."}, `dp\.[ps]t\.[A-Za-z0-9._-]{40,}`},    // Doppler
	{[]string{"gsk_"}, `gsk_[A-Za-z0-9]{40,}`},                          // Groq
	{[]string{"rubygems_"}, `rubygems_[a-f0-9]{48}`},                    // RubyGems
	{[]string{"pmak-"}, `PMAK-[a-f0-9]{24}-[a-f0-9]{34}`},               // Postman
	{[]string{"akcp"}, `AKCp[A-Za-z0-9]{60,}`},                          // Artifactory
	{[]string{"sqp_", "squ_", "sqa_"}, `sq[pua]_[a-f0-9]{40}`},          // SonarQube
	{[]string{"discord.com/api/webhooks/", "discordapp.com/api/webhooks/"}, `discord(?:app)?\.com/api/webhooks/[0-9]+/([A-Za-z0-9_-]{40,})`},
	{[]string{"/webhookb2/"}, `/webhookb2/([A-Za-z0-9@/-]{40,})`}, // Microsoft Teams
}
