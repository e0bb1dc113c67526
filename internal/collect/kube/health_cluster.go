package kube

import "strings"

// namespaceHealth judges a Namespace: one that is being deleted converges, until
// it is stuck on what it cannot delete.
func namespaceHealth(s subject) Health {
	phase := s.str("status", "phase")
	if phase != "Terminating" && !s.deleting() {
		if phase == "Active" {
			return healthy("Active", "the namespace is active")
		}
		return s.withoutStatus()
	}
	waits := ""
	for _, c := range s.conditions() {
		switch {
		case !c.True():
		case strings.HasSuffix(c.Type, "Failure"):
			return unhealthy(first(c.Reason, c.Type), "%s", first(c.Message, c.Type))
		default:
			waits = c.Message
		}
	}
	h := terminating(s, normalTime)
	h.Message += colon(waits)
	return h
}

// definitionHealth judges a CustomResourceDefinition by whether it is served.
func definitionHealth(s subject) Health {
	established, reported := s.condition("Established")
	names, _ := s.condition("NamesAccepted")
	terminates, _ := s.condition("Terminating")
	schema, _ := s.condition("NonStructuralSchema")
	switch {
	case terminates.True():
		return progressing(reasonTerminating, "%s", first(terminates.Message, "is being deleted"))
	case names.False():
		return unhealthy(first(names.Reason, "NamesNotAccepted"), "%s", first(names.Message, "its names are taken"))
	case !reported && len(s.list("status", "conditions")) == 0:
		return s.withoutStatus()
	case established.False() && established.Reason != "Installing" && established.Reason != "NotAccepted" && established.Reason != "":
		return unhealthy(established.Reason, "%s", first(established.Message, "the definition is not established"))
	case !established.True():
		return progressing(first(established.Reason, "NotEstablished"), "%s", first(established.Message, "the definition is not established yet"))
	case schema.True():
		return unhealthy(first(schema.Reason, schema.Type), "%s", first(schema.Message, "its schema is not structural"))
	}
	return healthy("Established", "the definition is established")
}

// apiServiceHealth judges an APIService by whether the API server reaches it.
func apiServiceHealth(s subject) Health {
	available, reported := s.condition("Available")
	switch {
	case !reported:
		return s.withoutStatus()
	case available.True():
		return healthy(available.Reason, "%s", first(available.Message, "the API is available"))
	case available.False():
		return unhealthy(first(available.Reason, "Unavailable"), "%s", first(available.Message, "the API is not available"))
	}
	return progressing(first(available.Reason, "AvailabilityUnknown"), "%s", first(available.Message, "not known to be available yet"))
}

// signingHealth judges a CertificateSigningRequest. That it is approved is a
// person's or a controller's word; the certificate comes after it.
func signingHealth(s subject) Health {
	for _, c := range s.conditions() {
		if (c.Type == "Denied" || c.Type == "Failed") && c.Status != "False" {
			return unhealthy(first(c.Reason, c.Type), "%s", first(c.Message, "the request is "+strings.ToLower(c.Type)))
		}
	}
	if s.str("status", "certificate") != "" {
		return healthy("Issued", "the certificate is issued")
	}
	if approved, _ := s.condition("Approved"); approved.True() {
		return progressing("Approved", "the request is approved, and the certificate not issued yet")
	}
	return progressing("Pending", "the request is not approved yet")
}
