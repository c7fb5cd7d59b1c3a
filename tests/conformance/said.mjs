// What is asked in every case, and what the upstreams answer.
export const question = 'What is the weather in Zürich?';
export const again = 'And the day after?';
export const said = 'Grüße aus Zürich 🌤 – fine.';
export const arguments_ = { city: 'Zürich', days: 3 };
export const result = 'sunny';
export const final = 'It is sunny in Zürich.';

// input is what each family counts for the prompt.
export const input = { openai: 11, anthropic: 12, gemini: 9 };
export const families = () => process.env.FAMILIES.split(',');

export const schema = {
  type: 'object',
  properties: { city: { type: 'string', description: 'Name of the city' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
};
export const description = 'The weather of the coming days';
