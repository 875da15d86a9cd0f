// Command coredns is the cluster's DNS server with only the plugins that the local region uses.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loop"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/reload"
	_ "github.com/coredns/coredns/plugin/template"

	"github.com/coredns/coredns/coremain"
)

// A query passes the plugins in this order, whatever the order in the Corefile; it follows plugin.cfg of CoreDNS.
var chain = []string{
	"reload", "bind", "ready", "health", "errors", "cache", "template", "hosts", "kubernetes", "loop", "forward",
}

func main() {
	dnsserver.Directives = chain
	coremain.Run()
}
