package providers

// vendorsAToM are vendors that took OpenAI's chat completions over, in the order
// of their names. Addresses and variables are those of the vendors' own pages;
// the vendor's name is that of models.dev where it has one.
//
// Databricks refuses stream_options with 400 and Mistral refuses whatever it does
// not know with 422; both tell the usage of a stream unasked.
var vendorsAToM = []PresetInfo{
	{Name: "ai21", Title: "AI21", Type: compatible, KeyVariable: "AI21_API_KEY", BaseURL: "https://api.ai21.com/studio/v1", Vendor: "ai21"},
	{Name: "aihubmix", Title: "AIHubMix", Type: compatible, KeyVariable: "AIHUBMIX_API_KEY", BaseURL: "https://aihubmix.com/v1", Vendor: "aihubmix"},
	{Name: "alibaba", Title: "Alibaba Cloud Model Studio", Type: compatible, KeyVariable: "DASHSCOPE_API_KEY", BaseURL: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", Vendor: "alibaba"},
	{Name: "alibaba-cn", Title: "Alibaba Cloud Bailian (China)", Type: compatible, KeyVariable: "DASHSCOPE_API_KEY", BaseURL: "https://dashscope.aliyuncs.com/compatible-mode/v1", Vendor: "alibaba-cn", Explicit: true},
	{Name: "atlascloud", Title: "Atlas Cloud", Type: compatible, KeyVariable: "ATLASCLOUD_API_KEY", BaseURL: "https://api.atlascloud.ai/v1", Vendor: "atlascloud"},
	{Name: "avian", Title: "Avian", Type: compatible, KeyVariable: "AVIAN_API_KEY", BaseURL: "https://api.avian.io/v1", Vendor: "avian"},
	{Name: "baseten", Title: "Baseten", Type: compatible, KeyVariable: "BASETEN_API_KEY", BaseURL: "https://inference.baseten.co/v1", Vendor: "baseten"},
	{Name: "berget", Title: "Berget AI", Type: compatible, KeyVariable: "BERGET_API_KEY", BaseURL: "https://api.berget.ai/v1", Vendor: "berget"},
	{Name: "cerebras", Title: "Cerebras", Type: compatible, KeyVariable: "CEREBRAS_API_KEY", BaseURL: "https://api.cerebras.ai/v1", Vendor: "cerebras"},
	{Name: "chutes", Title: "Chutes", Type: compatible, KeyVariable: "CHUTES_API_KEY", BaseURL: "https://llm.chutes.ai/v1", Vendor: "chutes"},
	{Name: "clarifai", Title: "Clarifai", Type: compatible, KeyVariable: "CLARIFAI_PAT", BaseURL: "https://api.clarifai.com/v2/ext/openai/v1", Vendor: "clarifai"},
	{Name: "cloudflare", Title: "Cloudflare Workers AI", Type: compatible, KeyVariable: "CLOUDFLARE_API_TOKEN", BaseURL: "https://api.cloudflare.com/client/v4/accounts/{env.CLOUDFLARE_ACCOUNT_ID}/ai/v1", Vendor: "cloudflare-workers-ai", Explicit: true},
	{Name: "cortecs", Title: "Cortecs", Type: compatible, KeyVariable: "CORTECS_API_KEY", BaseURL: "https://api.cortecs.ai/v1", Vendor: "cortecs"},
	{Name: "crusoe", Title: "Crusoe", Type: compatible, KeyVariable: "CRUSOE_API_KEY", BaseURL: "https://api.inference.crusoecloud.com/v1", Vendor: "crusoe"},
	{Name: "databricks", Title: "Databricks", Type: compatible, KeyVariable: "DATABRICKS_TOKEN", Vendor: "databricks", NoStreamOptions: true, Needs: "base_url", Explicit: true},
	{Name: "deepinfra", Title: "DeepInfra", Type: compatible, KeyVariable: "DEEPINFRA_API_KEY", BaseURL: "https://api.deepinfra.com/v1/openai", Vendor: "deepinfra"},
	{Name: "deepseek", Title: "DeepSeek", Type: compatible, KeyVariable: "DEEPSEEK_API_KEY", BaseURL: "https://api.deepseek.com/v1", Vendor: "deepseek"},
	{Name: "digitalocean", Title: "DigitalOcean Gradient", Type: compatible, KeyVariable: "DIGITALOCEAN_ACCESS_TOKEN", BaseURL: "https://inference.do-ai.run/v1", Vendor: "digitalocean", Explicit: true},
	{Name: "featherless", Title: "Featherless", Type: compatible, KeyVariable: "FEATHERLESS_API_KEY", BaseURL: "https://api.featherless.ai/v1", Vendor: "featherless"},
	{Name: "fireworks", Title: "Fireworks", Type: compatible, KeyVariable: "FIREWORKS_API_KEY", BaseURL: "https://api.fireworks.ai/inference/v1", Vendor: "fireworks-ai"},
	{Name: "friendli", Title: "FriendliAI", Type: compatible, KeyVariable: "FRIENDLI_TOKEN", BaseURL: "https://api.friendli.ai/serverless/v1", Vendor: "friendli"},
	{Name: "github-models", Title: "GitHub Models", Type: compatible, KeyVariable: "GITHUB_TOKEN", BaseURL: "https://models.github.ai/inference", Vendor: "github-models", Explicit: true},
	{Name: "gmi", Title: "GMI Cloud", Type: compatible, KeyVariable: "GMICLOUD_API_KEY", BaseURL: "https://api.gmi-serving.com/v1", Vendor: "gmicloud"},
	{Name: "groq", Title: "Groq", Type: compatible, KeyVariable: "GROQ_API_KEY", BaseURL: "https://api.groq.com/openai/v1", Vendor: "groq"},
	{Name: "helicone", Title: "Helicone AI Gateway", Type: compatible, KeyVariable: "HELICONE_API_KEY", BaseURL: "https://ai-gateway.helicone.ai/v1", Vendor: "helicone"},
	{Name: "huggingface", Title: "Hugging Face", Type: compatible, KeyVariable: "HF_TOKEN", BaseURL: "https://router.huggingface.co/v1", Vendor: "huggingface", Explicit: true},
	{Name: "hunyuan", Title: "Tencent Hunyuan", Type: compatible, KeyVariable: "HUNYUAN_API_KEY", BaseURL: "https://api.hunyuan.cloud.tencent.com/v1", Vendor: "hunyuan"},
	{Name: "hyperbolic", Title: "Hyperbolic", Type: compatible, KeyVariable: "HYPERBOLIC_API_KEY", BaseURL: "https://api.hyperbolic.xyz/v1", Vendor: "hyperbolic"},
	{Name: "inception", Title: "Inception", Type: compatible, KeyVariable: "INCEPTION_API_KEY", BaseURL: "https://api.inceptionlabs.ai/v1", Vendor: "inception"},
	{Name: "inference-net", Title: "Inference.net", Type: compatible, KeyVariable: "INFERENCE_API_KEY", BaseURL: "https://api.inference.net/v1", Vendor: "inference"},
	{Name: "io-net", Title: "io.net", Type: compatible, KeyVariable: "IOINTELLIGENCE_API_KEY", BaseURL: "https://api.intelligence.io.solutions/api/v1", Vendor: "io-net"},
	{Name: "llama", Title: "Meta Llama API", Type: compatible, KeyVariable: "LLAMA_API_KEY", BaseURL: "https://api.llama.com/compat/v1", Vendor: "llama"},
	{Name: "llmgateway", Title: "LLM Gateway", Type: compatible, KeyVariable: "LLMGATEWAY_API_KEY", BaseURL: "https://api.llmgateway.io/v1", Vendor: "llmgateway"},
	{Name: "minimax", Title: "MiniMax", Type: compatible, KeyVariable: "MINIMAX_API_KEY", BaseURL: "https://api.minimax.io/v1", Vendor: "minimax"},
	{Name: "minimax-cn", Title: "MiniMax (China)", Type: compatible, KeyVariable: "MINIMAX_API_KEY", BaseURL: "https://api.minimaxi.com/v1", Vendor: "minimax-cn", Explicit: true},
	{Name: "mistral", Title: "Mistral", Type: compatible, KeyVariable: "MISTRAL_API_KEY", BaseURL: "https://api.mistral.ai/v1", Vendor: "mistral", NoStreamOptions: true},
	{Name: "modelscope", Title: "ModelScope", Type: compatible, KeyVariable: "MODELSCOPE_API_KEY", BaseURL: "https://api-inference.modelscope.cn/v1", Vendor: "modelscope"},
	{Name: "moonshot", Title: "Moonshot AI", Type: compatible, KeyVariable: "MOONSHOT_API_KEY", BaseURL: "https://api.moonshot.ai/v1", Vendor: "moonshotai"},
	{Name: "moonshot-cn", Title: "Moonshot AI (China)", Type: compatible, KeyVariable: "MOONSHOT_API_KEY", BaseURL: "https://api.moonshot.cn/v1", Vendor: "moonshotai-cn", Explicit: true},
	{Name: "morph", Title: "Morph", Type: compatible, KeyVariable: "MORPH_API_KEY", BaseURL: "https://api.morphllm.com/v1", Vendor: "morph"},
}
