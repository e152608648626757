import type { DevServer } from "../../dev-server.ts";
import { ACCOUNT_CHECKS } from "../account-checks.ts";

const APP = `require "sinatra"
require "rack/protection"

set :port, 4567
set :server, "puma"
set :session_secret, "k" * 64
enable :sessions
use Rack::Protection::AuthenticityToken

HEAD = "<link rel=icon href='data:,'>"

get("/") { HEAD + "<h1>Hello Sinatra</h1>" }

get "/account" do
  token = Rack::Protection::AuthenticityToken.token(session)
  HEAD + "<p>Signed in as #{session[:name] || "nobody"}</p><form method=post>" \\
    "<input type=hidden name=authenticity_token value='#{token}'><input name=name><button>Sign in</button></form>"
end

post "/account" do
  session[:name] = params[:name]
  redirect "/account"
end

get("/moved") { redirect url("/account?moved") }
`;

/** `rack-protection` compares `Origin` with the URL of the request; so does Rails. */
export const sinatra: DevServer = {
  name: "sinatra",
  title: "Sinatra",
  port: 4567,
  project: {
    debian: ["ruby-sinatra", "puma"],
    files: { "app.rb": APP },
    version: { debian: "ruby-sinatra" },
  },
  start: "ruby app.rb",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.see("Hello Sinatra");
    },
    ...ACCOUNT_CHECKS,
  },
};
